# Owner's side: a ResNet-18 teacher, trained on CIFAR-10; also what the pairs' student reaches with labels.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/resnets_cifar.py', '../_base_/teacher_cifar.py']

model = {{_base_.student}}
train_dataloader = dict(dataset={{_base_.data_train}})
