# No model of the images: genkd_cifar10_small.py with a flat energy, so that the chains follow the teacher alone. The
# guidance is DeepInversion's loss (Yin et al., CVPR 2020) image by image: the teacher's cross entropy and batch-norm
# statistics, smoothness, norm, and the disagreement of teacher and student, which is sought. Given: the teacher alone.
_base_ = ['../genkd_cifar10_small.py']

model = dict(
    refresh_interval=1,
    generator=dict(
        energy=dict(_delete_=True, type='FlatEnergy', num_classes={{_base_.num_classes}}),
        sampler=dict(num_steps=10, guidance=[
            dict(type='TeacherCrossEntropy', weight=1.0),
            dict(type='BatchNormStatistics', weight=0.1),
            dict(type='TotalVariation', weight=0.1),
            dict(type='ImageNorm', weight=1e-4),
            dict(type='Disagreement', weight=-1.0)]),
        replay_buffer=dict(capacity=2000, restart_prob=0.05),  # or most chains would have been visited once, if at all
        init_cfg=None))
custom_hooks = []
optim_wrapper = dict(
    _delete_=True,
    constructor='mmrazor.SeparateOptimWrapperConstructor',
    architecture=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.05, momentum=0.9, weight_decay=5e-4)))
param_scheduler = dict(
    _delete_=True, architecture=dict(type='CosineAnnealingLR', T_max=200, by_epoch=False))
prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/small_resnet_cifar10.py', checkpoint={{_base_.teacher_ckpt}})]
