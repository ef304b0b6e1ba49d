# GenKD on CIFAR-100, resnet32x4 to resnet8x4, the paper's own pair; the rest as in genkd_cifar100.py.
_base_ = ['./genkd_cifar100.py', './_base_/models/resnets_x4.py']
teacher, student = {{_base_.resnet32x4}}, {{_base_.resnet8x4}}
teacher_ckpt = 'work_dirs/teachers/resnet32x4_cifar100/final.pth'

model = dict(architecture=student, teachers=dict(teacher=dict(build_cfg=teacher, ckpt_path=teacher_ckpt)))
prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet32x4_cifar100.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_wrn28x10_cifar100.py', checkpoint={{_base_.prior_ckpt}})]
