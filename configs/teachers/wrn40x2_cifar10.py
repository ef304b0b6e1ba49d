# Owner's side: the WRN-40-2 teacher, trained on CIFAR-10 as resnet34_cifar10.py is.
_base_ = ['./resnet34_cifar10.py', '../_base_/models/wrns.py']

model = {{_base_.wrn40x2}}
teacher = model
