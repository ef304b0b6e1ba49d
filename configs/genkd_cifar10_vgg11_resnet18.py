# GenKD on CIFAR-10, VGG-11 to ResNet-18; the rest as in genkd_cifar10.py.
_base_ = ['./genkd_cifar10.py', './_base_/models/vgg.py']
teacher = {{_base_.vgg11}}
teacher_ckpt = 'work_dirs/teachers/vgg11_cifar10/final.pth'

model = dict(teachers=dict(teacher=dict(build_cfg=teacher, ckpt_path=teacher_ckpt)))
prerequisites = [
    dict(config='{{ fileDirname }}/teachers/vgg11_cifar10.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_wrn28x10_cifar10.py', checkpoint={{_base_.prior_ckpt}})]
