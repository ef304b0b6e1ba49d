# Owner's side: the paper's EBM prior, trained on CIFAR-10 for 200 epochs of 50,000 images.
# The paper gives ranges (Adam 1e-4 to 3e-4, batch 128 or 256, 200 to 300 epochs), of which these are the low ends, and
# lowers the rate twice by 0.3; the epochs for that, 160 and 180, are JEM's. Chains are stored as float16.
_base_ = [
    '../_base_/datasets/cifar10.py', '../_base_/models/resnets_cifar.py', '../_base_/methods/jem.py',
    '../_base_/default_runtime.py']

model = dict(
    data_preprocessor=dict(num_classes={{_base_.num_classes}}, to_rgb=False),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        replay_buffer=dict(dtype='float16')),
    data_noise_std=0.03)
train_dataloader = dict(batch_size=128, num_workers=2, dataset={{_base_.data_prior}})
optim_wrapper = dict(optimizer=dict(lr=1e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, end=1000, by_epoch=False),
    dict(type='MultiStepLR', milestones=[62500, 70312], gamma=0.3, by_epoch=False)]
train_cfg = dict(max_iters=78125, val_interval=3900)
default_hooks = dict(sample_grid=dict(type='SampleGridHook', interval=3900))
auto_scale_lr = dict(enable=False, base_batch_size=128)  # used with --auto-scale-lr
