# No model of the images on CIFAR-10: genkd_cifar10.py with a flat energy, so that the chains follow the teacher alone.
# The guidance is DeepInversion's loss (Yin et al., CVPR 2020) image by image, weighted as on digits. Given: the teacher
# alone.
_base_ = ['../genkd_cifar10.py']

model = dict(
    generator=dict(
        energy=dict(_delete_=True, type='FlatEnergy', num_classes={{_base_.num_classes}}),
        sampler=dict(guidance=[
            dict(type='TeacherCrossEntropy', weight=1.0),
            dict(type='BatchNormStatistics', weight=0.1),
            dict(type='TotalVariation', weight=0.1),
            dict(type='ImageNorm', weight=1e-4),
            dict(type='Disagreement', weight=-1.0)]),
        init_cfg=None))
custom_hooks = []
optim_wrapper = dict(
    _delete_=True,
    constructor='mmrazor.SeparateOptimWrapperConstructor',
    architecture=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=5e-4)))
param_scheduler = dict(
    _delete_=True,
    architecture=dict(type='MultiStepLR', milestones=[1172, 1406, 1641, 1953], gamma=0.1, by_epoch=False))
prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/resnet34_cifar10.py', checkpoint={{_base_.teacher_ckpt}})]
