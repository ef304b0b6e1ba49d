# The ceiling: as many student steps as genkd_cifar10_small.py, on the real training images.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/small_resnets_cifar10.py', '../_base_/methods/real.py']
teacher_ckpt = 'work_dirs/teachers/small_resnet_cifar10/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    distiller=dict(teacher_recorders=dict(fc=dict(source='head.fc'))))
train_dataloader = dict(dataset={{_base_.data_train}})
param_scheduler = dict(T_max=8000)
train_cfg = dict(max_iters=8000, val_interval=2000)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_resnet_cifar10.py', checkpoint=teacher_ckpt)]
