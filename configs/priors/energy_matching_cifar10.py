# Owner's side: an EBM prior, trained on CIFAR-10 by energy matching for 41 epochs of 50,000 images, on a GPU. The
# contrast is that of energy_matching_cifar10_small.py; rate, batch and network are those of a first run, not tuned.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/resnets_cifar.py', '../_base_/methods/energy_matching.py']

model = dict(
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.flow_net}}, contrast=1.5),
        replay_buffer=dict(capacity=25000, dtype='float16')))
train_dataloader = dict(
    batch_size=128, num_workers=2, dataset={{_base_.data_prior}},
    collate_fn=dict(type='default_collate'))  # one copy to a GPU
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=500, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=500, T_max=15500, eta_min=1e-5, by_epoch=False)]
train_cfg = dict(max_iters=16000, val_interval=16000)
