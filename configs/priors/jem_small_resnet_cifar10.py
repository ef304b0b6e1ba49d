# Owner's side: a small EBM prior, trained on CIFAR-10 for four and a half epochs, half an hour of one CPU core.
# Chains are half as long as the paper's and restart a fifth as often, so that a stored chain gets somewhere; the
# likelihood counts a fifth, or so small a network would hardly learn the classes.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/small_resnets_cifar10.py', '../_base_/jem_cifar.py']

model = dict(
    data_preprocessor=dict(num_classes={{_base_.num_classes}}),
    likelihood_weight=0.2,
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        sampler=dict(num_steps=10),
        replay_buffer=dict(capacity=5000, restart_prob=0.01)))
train_dataloader = dict(batch_size=64, num_workers=0, dataset={{_base_.data_prior}})
optim_wrapper = dict(optimizer=dict(lr=5e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=500, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=500, T_max=3000, eta_min=1e-5, by_epoch=False)]
train_cfg = dict(max_iters=3500, val_interval=700)
default_hooks = dict(sample_grid=dict(interval=700))
