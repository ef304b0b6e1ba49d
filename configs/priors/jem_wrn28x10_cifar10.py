# Owner's side: the EBM prior, trained on CIFAR-10.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/resnets_cifar.py', '../_base_/jem_cifar.py']

model = dict(
    data_preprocessor=dict(num_classes={{_base_.num_classes}}),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}})))
train_dataloader = dict(dataset={{_base_.data_prior}})
