# DAFL on Fashion-MNIST, as many student steps as genkd_fashion_mnist.py: see _base_/methods/dafl.py.
_base_ = ['../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py', '../_base_/methods/dafl.py']
teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        type='GreyGenerator',
        generator=dict(type='DAFLGenerator', img_size=28, latent_dim=100, hidden_channels=32)))
param_scheduler = dict(architecture=dict(T_max=30080))
train_cfg = dict(max_iters=30080, val_interval=7520)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt)]
