# Data-free side: a prior for digits on Fashion-MNIST, scaled down to 8 x 8 pixels. The teacher labels them. At the
# owner's penalty of 0.01 the energies diverged.
_base_ = ['./jem_wrn10x1_digits.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'

model = dict(
    type='ProxyPrior',
    energy_penalty=0.05,
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    teacher_preprocessor={{_base_.data_preprocessor}})
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmpretrain.FashionMNIST',
        data_root='data/fashion_mnist',
        split='train',
        metainfo=dict(classes=list('0123456789')),
        pipeline=[
            dict(type='mmpretrain.Resize', scale=8, interpolation='area'),
            dict(type='mmpretrain.PackInputs')]))
optim_wrapper = dict(optimizer=dict(lr=3e-4))

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt)]
