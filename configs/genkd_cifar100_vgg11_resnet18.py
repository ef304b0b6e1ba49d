# GenKD on CIFAR-100, VGG-11 to ResNet-18; the rest as in genkd_cifar100.py.
_base_ = ['./genkd_cifar100.py', './_base_/models/vgg.py']
teacher = {{_base_.vgg11}}
teacher_ckpt = 'work_dirs/teachers/vgg11_cifar100/final.pth'

model = dict(teachers=dict(teacher=dict(build_cfg=teacher, ckpt_path=teacher_ckpt)))
prerequisites = [
    dict(config='{{ fileDirname }}/teachers/vgg11_cifar100.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_wrn28x10_cifar100.py', checkpoint={{_base_.prior_ckpt}})]
