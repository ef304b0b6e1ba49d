# DAFL on digits, as many student steps as genkd_digits.py: see _base_/methods/dafl.py.
_base_ = ['../_base_/datasets/digits.py', '../_base_/models/digits.py', '../_base_/methods/dafl.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        type='GreyGenerator',
        generator=dict(type='DAFLGenerator', img_size=8, latent_dim=100, hidden_channels=64)))
param_scheduler = dict(architecture=dict(T_max=2000))
train_cfg = dict(max_iters=2000, val_interval=500)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt)]
