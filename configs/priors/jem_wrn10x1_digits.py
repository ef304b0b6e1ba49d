# Owner's side: the EBM prior, trained on the digits.
_base_ = ['../_base_/default_runtime.py', '../_base_/datasets/digits.py', '../_base_/models/digits.py']

model = dict(
    type='EBMPrior',
    data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', num_classes=10, mean=[127.5], std=[127.5]),
    generator=dict(
        type='EBMGenerator',
        image_shape={{_base_.image_shape}},
        energy=dict(type='ClassifierEnergy', classifier={{_base_.energy_net}}),
        sampler=dict(type='LangevinSampler', num_steps=10, step_size=1.0, noise_std=0.01),
        replay_buffer=dict(type='ReplayBuffer', capacity=4000, restart_prob=0.05)))
train_dataloader = dict(
    batch_size=64, num_workers=0, dataset={{_base_.data_train}}, sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=5e-4), clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=100, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=100, T_max=1400, eta_min=1e-5, by_epoch=False)]
train_cfg = dict(max_iters=1500, val_interval=750)
default_hooks = dict(sample_grid=dict(type='SampleGridHook', interval=750))
