# Owner's side: the resnet32x4 teacher, trained on CIFAR-100 as resnet34_cifar100.py is.
_base_ = ['./resnet34_cifar100.py', '../_base_/models/resnets_x4.py']

model = {{_base_.resnet32x4}}
teacher = model
