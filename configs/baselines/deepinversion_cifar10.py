# No model of the images: genkd_cifar10.py with a flat energy, so the chains follow the teacher alone, guided by
# _base_/methods/deepinversion.py. The weights are those for digits. Given: the teacher alone.
_base_ = ['../genkd_cifar10.py', '../_base_/methods/deepinversion.py']

model = dict(
    generator=dict(
        energy=dict(_delete_=True, type='FlatEnergy', num_classes={{_base_.num_classes}}),
        sampler=dict(guidance={{_base_.deepinversion}}),
        init_cfg=None))
default_hooks = dict(policy_gradient=None)
optim_wrapper = dict(
    _delete_=True,
    constructor='mmrazor.SeparateOptimWrapperConstructor',
    architecture={{_base_.optim_wrapper.architecture}})
param_scheduler = dict(_delete_=True, architecture={{_base_.param_scheduler.architecture}})
prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/resnet34_cifar10.py', checkpoint={{_base_.teacher_ckpt}})]
