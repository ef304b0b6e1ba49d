# Other images, and the teacher's answers to them, in place of chains: CIFAR-10 in grey, 28 x 28 pixels. ObjectOnBlack
# gives them the black background of Fashion-MNIST; without it the teacher takes 19 of 20 for bags. Steps are those of
# genkd_fashion_mnist.py.
_base_ = ['../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py', '../_base_/methods/real.py']
teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    distiller=dict(teacher_recorders=dict(fc=dict(source='head.fc'))))
train_dataloader = dict(dataset=dict(
    type='mmpretrain.CIFAR10',
    data_root='data/cifar10',
    split='train',
    metainfo=dict(classes=[
        'T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot']),
    pipeline=[
        dict(type='mmcv.RandomGrayscale', prob=1.0, keep_channels=False, color_format='rgb'),
        dict(type='mmpretrain.CenterCrop', crop_size=28),
        dict(type='ObjectOnBlack'),
        dict(type='mmpretrain.RandomFlip', prob=0.5, direction='horizontal'),
        dict(type='mmpretrain.PackInputs')]))
param_scheduler = dict(T_max=30080)
train_cfg = dict(max_iters=30080, val_interval=7520)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt)]
