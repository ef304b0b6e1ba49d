# Owner's side: the EBM prior, trained on SVHN. 200 epochs of 73,257 images.
_base_ = ['../_base_/datasets/svhn.py', '../_base_/models/resnets_cifar.py', '../_base_/jem_cifar.py']

model = dict(
    data_preprocessor=dict(num_classes={{_base_.num_classes}}),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}})))
train_dataloader = dict(dataset={{_base_.data_prior}})
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, end=1000, by_epoch=False),
    dict(type='MultiStepLR', milestones=[91571, 103018], gamma=0.3, by_epoch=False)]
train_cfg = dict(max_iters=114464, val_interval=5720)
default_hooks = dict(sample_grid=dict(interval=5720))
