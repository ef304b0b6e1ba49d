# Owner's side: the EBM prior, trained on the digits.
_base_ = [
    '../_base_/datasets/digits.py', '../_base_/models/digits.py', '../_base_/methods/jem.py',
    '../_base_/default_runtime.py']

model = dict(
    data_preprocessor=dict(num_classes={{_base_.num_classes}}),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        sampler=dict(num_steps=10),
        replay_buffer=dict(capacity=4000)))
train_dataloader = dict(dataset={{_base_.data_train}})
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=100, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=100, T_max=1400, eta_min=1e-5, by_epoch=False)]
train_cfg = dict(max_iters=1500, val_interval=750)
default_hooks = dict(sample_grid=dict(type='SampleGridHook', interval=750))
