# No model of the images: genkd_fashion_mnist_maximum_likelihood.py with a flat energy, so the chains follow the teacher
# alone, guided by _base_/methods/deepinversion.py. Given: the teacher alone.
_base_ = ['../genkd_fashion_mnist_maximum_likelihood.py', '../_base_/methods/deepinversion.py']

model = dict(
    refresh_interval=1,
    generator=dict(
        energy=dict(_delete_=True, type='FlatEnergy', num_classes={{_base_.num_classes}}),
        sampler=dict(num_steps=10, guidance={{_base_.deepinversion}}),
        # At the base's capacity most chains would have been visited once, if at all.
        replay_buffer=dict(capacity=2000, restart_prob=0.05),
        init_cfg=None))
optim_wrapper = dict(
    _delete_=True,
    constructor='mmrazor.SeparateOptimWrapperConstructor',
    architecture={{_base_.optim_wrapper.architecture}})
param_scheduler = dict(_delete_=True, architecture={{_base_.param_scheduler.architecture}})
prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint={{_base_.teacher_ckpt}})]
