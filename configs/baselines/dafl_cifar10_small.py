# DAFL on CIFAR-10 between small networks, as many student steps as genkd_cifar10_small.py: see _base_/methods/dafl.py.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/small_resnets_cifar10.py', '../_base_/methods/dafl.py']
teacher_ckpt = 'work_dirs/teachers/small_resnet_cifar10/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(type='DAFLGenerator', img_size=32, latent_dim=100, hidden_channels=32))
train_dataloader = dict(dataset=dict(channels=3))
param_scheduler = dict(architecture=dict(T_max=8000))
train_cfg = dict(max_iters=8000, val_interval=2000)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_resnet_cifar10.py', checkpoint=teacher_ckpt)]
