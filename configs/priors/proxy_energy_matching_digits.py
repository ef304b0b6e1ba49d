# Data-free side: a prior for digits by energy matching on Fashion-MNIST, scaled down to 8 x 8 pixels. The teacher
# labels the images, relative to the batch, so the batch is large.
_base_ = ['./energy_matching_digits.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'

model = dict(
    type='ProxyEnergyMatchingPrior',
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    teacher_preprocessor={{_base_.data_preprocessor}})
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        _delete_=True,
        type='mmpretrain.FashionMNIST',
        data_root='data/fashion_mnist',
        split='train',
        metainfo=dict(classes=list('0123456789')),
        pipeline=[
            dict(type='mmpretrain.Resize', scale=8, interpolation='area'),
            dict(type='mmpretrain.PackInputs')]))

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt)]
