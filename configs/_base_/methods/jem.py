# Owner's side: an energy-based model trained by maximum likelihood on persistent chains (JEM, Grathwohl et al., 2020).
# Ours: the gradient's norm is clipped, and chains are kept per class.
model = dict(
    type='EBMPrior',
    data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', mean=[127.5], std=[127.5]),
    generator=dict(
        type='EBMGenerator',
        energy=dict(type='ClassifierEnergy'),
        sampler=dict(type='LangevinSampler', num_steps=20, step_size=1.0, noise_std=0.01),
        replay_buffer=dict(type='ReplayBuffer', capacity=10000, restart_prob=0.05)))
train_dataloader = dict(batch_size=64, num_workers=0, sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=5e-4), clip_grad=dict(max_norm=1.0))
