# Owner's side: the VGG-11 teacher, trained on CIFAR-10, at half the rate of the residual networks.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/vgg_resnet_cifar.py', '../_base_/teacher_cifar.py']

model = {{_base_.teacher}}
train_dataloader = dict(dataset={{_base_.data_train}})
optim_wrapper = dict(optimizer=dict(lr=0.05))
