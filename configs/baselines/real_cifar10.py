# The ceiling: as many student steps as genkd_cifar10.py, on the real training images.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/resnets_cifar.py', '../_base_/methods/real.py']
teacher_ckpt = 'work_dirs/teachers/resnet34_cifar10/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    distiller=dict(teacher_recorders=dict(fc=dict(source='head.fc'))))
train_dataloader = dict(batch_size=128, num_workers=2, dataset={{_base_.data_train}})
optim_wrapper = dict(optimizer=dict(lr=0.1))
param_scheduler = dict(T_max=23440)
train_cfg = dict(max_iters=23440, val_interval=2000)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet34_cifar10.py', checkpoint=teacher_ckpt)]
