# GenKD on CIFAR-100, WRN-40-2 to WRN-16-2; the rest as in genkd_cifar100.py.
_base_ = ['./genkd_cifar100.py', './_base_/models/wrns.py']
teacher, student = {{_base_.wrn40x2}}, {{_base_.wrn16x2}}
teacher_ckpt = 'work_dirs/teachers/wrn40x2_cifar100/final.pth'

model = dict(architecture=student, teachers=dict(teacher=dict(build_cfg=teacher, ckpt_path=teacher_ckpt)))
prerequisites = [
    dict(config='{{ fileDirname }}/teachers/wrn40x2_cifar100.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_wrn28x10_cifar100.py', checkpoint={{_base_.prior_ckpt}})]
