# Owner's side: the EBM prior, trained on Fashion-MNIST.
_base_ = ['../_base_/default_runtime.py', '../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py']

model = dict(
    type='EBMPrior',
    data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', num_classes=10, mean=[127.5], std=[127.5]),
    generator=dict(
        type='EBMGenerator',
        image_shape={{_base_.image_shape}},
        energy=dict(type='ClassifierEnergy', classifier={{_base_.energy_net}}),
        sampler=dict(type='LangevinSampler', num_steps=20, step_size=1.0, noise_std=0.01),
        replay_buffer=dict(type='ReplayBuffer', capacity=20000, restart_prob=0.05)))
train_dataloader = dict(
    batch_size=64, num_workers=0, dataset={{_base_.data_train}}, sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=5e-4), clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=100, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=100, T_max=14900, eta_min=1e-5, by_epoch=False)]
train_cfg = dict(max_iters=15000, val_interval=2500)
default_hooks = dict(sample_grid=dict(type='SampleGridHook', interval=2500))
