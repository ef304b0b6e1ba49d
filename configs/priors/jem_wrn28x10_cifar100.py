# Owner's side: the EBM prior, trained on CIFAR-100. 400 chains for each class.
_base_ = ['../_base_/datasets/cifar100.py', '../_base_/models/resnets_cifar100.py', '../_base_/jem_cifar.py']

model = dict(
    data_preprocessor=dict(num_classes={{_base_.num_classes}}),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        replay_buffer=dict(capacity=40000)))
train_dataloader = dict(dataset={{_base_.data_prior}})
