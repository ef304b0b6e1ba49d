# The ceiling: as many student steps as genkd_digits.py, on the real training images.
_base_ = ['../_base_/datasets/digits.py', '../_base_/models/digits.py', '../_base_/methods/real.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    distiller=dict(teacher_recorders=dict(fc=dict(source='head.fc'))))
train_dataloader = dict(dataset={{_base_.data_train}})
param_scheduler = dict(T_max=2000)
train_cfg = dict(max_iters=2000, val_interval=500)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt)]
