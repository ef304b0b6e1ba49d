# The ceiling: as many student steps as genkd_fashion_mnist.py, on the real training images.
_base_ = ['../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py', '../_base_/methods/real.py']
teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    distiller=dict(teacher_recorders=dict(fc=dict(source='head.fc'))))
train_dataloader = dict(dataset={{_base_.data_train}})
param_scheduler = dict(T_max=30080)
train_cfg = dict(max_iters=30080, val_interval=7520)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt)]
