# Owner's side: a ResNet-18 teacher, trained on CIFAR-100 as resnet34_cifar100.py is; also what the pairs' student
# reaches with labels.
_base_ = ['./resnet34_cifar100.py']

model = {{_base_.student}}
