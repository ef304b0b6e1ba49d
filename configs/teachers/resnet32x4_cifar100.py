# Owner's side: the resnet32x4 teacher, trained on CIFAR-100.
_base_ = ['../_base_/datasets/cifar100.py', '../_base_/models/resnets_x4_cifar100.py', '../_base_/teacher_cifar.py']

model = {{_base_.teacher}}
train_dataloader = dict(dataset={{_base_.data_train}})
