# Owner's side: the VGG-11 teacher, trained on CIFAR-10 as resnet34_cifar10.py is, at half of its rate.
_base_ = ['./resnet34_cifar10.py', '../_base_/models/vgg.py']

model = {{_base_.vgg11}}
teacher = model
optim_wrapper = dict(optimizer=dict(lr=0.05))
