# Owner's side, what the priors share: the paper's energy-based model, trained for 200 epochs of 50,000 images.
# The paper gives ranges (Adam 1e-4 to 3e-4, batch 128 or 256, 200 to 300 epochs), of which these are the low ends, and
# lowers the rate twice by 0.3; the epochs for that, 160 and 180, are JEM's (Grathwohl et al., 2020).
# Ours: the gradient's norm is clipped, chains are kept per class and stored as float16.
_base_ = ['./default_runtime.py']

model = dict(
    type='EBMPrior',
    data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', mean=[127.5], std=[127.5], to_rgb=False),
    generator=dict(
        type='EBMGenerator',
        energy=dict(type='ClassifierEnergy'),
        sampler=dict(type='LangevinSampler', num_steps=20, step_size=1.0, noise_std=0.01),
        replay_buffer=dict(type='ReplayBuffer', capacity=10000, restart_prob=0.05, dtype='float16')),
    data_noise_std=0.03)
train_dataloader = dict(batch_size=128, num_workers=2, sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-4), clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, end=1000, by_epoch=False),
    dict(type='MultiStepLR', milestones=[62500, 70312], gamma=0.3, by_epoch=False)]
train_cfg = dict(max_iters=78125, val_interval=3900)
default_hooks = dict(sample_grid=dict(type='SampleGridHook', interval=3900))
auto_scale_lr = dict(enable=False, base_batch_size=128)  # used with --auto-scale-lr
