# DAFL on CIFAR-10, as many student steps as genkd_cifar10.py: see _base_/methods/dafl.py. The generator's width and
# latent size are those of mmrazor's config.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/resnets_cifar.py', '../_base_/methods/dafl.py']
teacher_ckpt = 'work_dirs/teachers/resnet34_cifar10/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(type='DAFLGenerator', img_size=32, latent_dim=1000, hidden_channels=128))
train_dataloader = dict(batch_size=128, dataset=dict(channels=3))
optim_wrapper = dict(architecture=dict(optimizer=dict(lr=0.1)))
param_scheduler = dict(architecture=dict(T_max=23440))
train_cfg = dict(max_iters=23440, val_interval=2000)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet34_cifar10.py', checkpoint=teacher_ckpt)]
