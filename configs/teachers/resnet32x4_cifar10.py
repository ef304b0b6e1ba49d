# Owner's side: the resnet32x4 teacher, trained on CIFAR-10 as resnet34_cifar10.py is.
_base_ = ['./resnet34_cifar10.py', '../_base_/models/resnets_x4.py']

model = {{_base_.resnet32x4}}
teacher = model
