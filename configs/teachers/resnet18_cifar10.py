# Owner's side: a ResNet-18 teacher, trained on CIFAR-10 as resnet34_cifar10.py is; also what the pairs' student reaches
# with labels.
_base_ = ['./resnet34_cifar10.py']

model = {{_base_.student}}
