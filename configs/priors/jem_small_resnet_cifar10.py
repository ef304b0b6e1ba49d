# Owner's side: a small EBM prior, trained on CIFAR-10 for four and a half epochs, half an hour of one CPU core.
# Chains are half as long as the paper's and restart a fifth as often, so a stored chain takes enough steps; the
# likelihood counts a fifth, or so small a network would hardly learn the classes.
_base_ = [
    '../_base_/datasets/cifar10.py', '../_base_/models/small_resnets_cifar10.py', '../_base_/methods/jem.py',
    '../_base_/default_runtime.py']

model = dict(
    data_preprocessor=dict(num_classes={{_base_.num_classes}}, to_rgb=False),
    likelihood_weight=0.2,
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        sampler=dict(num_steps=10),
        replay_buffer=dict(capacity=5000, restart_prob=0.01, dtype='float16')),
    data_noise_std=0.03)
train_dataloader = dict(dataset={{_base_.data_prior}})
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=500, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=500, T_max=3000, eta_min=1e-5, by_epoch=False)]
train_cfg = dict(max_iters=3500, val_interval=700)
default_hooks = dict(sample_grid=dict(type='SampleGridHook', interval=700))
auto_scale_lr = dict(enable=False, base_batch_size=128)  # used with --auto-scale-lr
