# The images themselves that priors/proxy_*digits.py learn from, and the teacher's answers to them, in place of chains:
# what a prior of other images has to beat. As many images and steps as genkd_digits_proxy_black_box.py has.
_base_ = ['../_base_/datasets/digits.py', '../_base_/models/digits.py', '../_base_/methods/real.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    distiller=dict(teacher_recorders=dict(fc=dict(source='head.fc'))))
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        type='mmpretrain.FashionMNIST',
        data_root='data/fashion_mnist',
        split='train',
        metainfo=dict(classes=list('0123456789')),
        indices=39500,
        pipeline=[
            dict(type='mmpretrain.Resize', scale=8, interpolation='area'),
            dict(type='mmpretrain.PackInputs')]))
param_scheduler = dict(T_max=1920)
train_cfg = dict(max_iters=1920, val_interval=480)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt)]
