# Owner's side: the EBM prior, trained on the digits by energy matching.
_base_ = [
    '../_base_/datasets/digits.py', '../_base_/models/digits.py',
    '../_base_/methods/energy_matching.py']

model = dict(
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.flow_net}}),
        replay_buffer=dict(capacity=4000)))
train_dataloader = dict(dataset={{_base_.data_train}})
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=50, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=50, T_max=950, eta_min=2e-5, by_epoch=False)]
train_cfg = dict(max_iters=1000, val_interval=1000)
