# Owner's side, what the priors by energy matching share. The chains are drawn when training has ended: 20 steps of the
# flow, without noise. The moving average covers the last few hundred iterations.
_base_ = ['../default_runtime.py']

model = dict(
    type='EnergyMatchingPrior',
    data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', mean=[127.5], std=[127.5], num_classes=10),
    generator=dict(
        type='EBMGenerator',
        energy=dict(type='ClassifierEnergy'),
        sampler=dict(
            type='LangevinSampler', num_steps=20, step_size=0.05, noise_std=0.0, start='normal', dtype='auto'),
        replay_buffer=dict(type='ReplayBuffer', restart_prob=0.0)))
train_dataloader = dict(batch_size=32, num_workers=0, sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=2e-3, betas=(0.9, 0.99)), clip_grad=dict(max_norm=1.0))
default_hooks = dict(
    fill_chains=dict(type='FillChainsHook'),
    sample_grid=dict(type='SampleGridHook', interval=10**9))
