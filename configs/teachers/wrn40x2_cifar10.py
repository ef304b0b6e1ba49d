# Owner's side: the WRN-40-2 teacher, trained on CIFAR-10.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/wrns_cifar.py', '../_base_/teacher_cifar.py']

model = {{_base_.teacher}}
train_dataloader = dict(dataset={{_base_.data_train}})
