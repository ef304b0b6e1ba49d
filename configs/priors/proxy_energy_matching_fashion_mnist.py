# Data-free side: a prior for Fashion-MNIST by energy matching on scikit-learn's digits, scaled up to 28 x 28 pixels.
# The teacher labels them, relative to the batch, so the batch is large. The network is half as wide as the owner's.
_base_ = [
    '../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py',
    '../_base_/methods/energy_matching.py']
teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'

model = dict(
    type='ProxyEnergyMatchingPrior',
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    teacher_preprocessor={{_base_.data_preprocessor}},
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.narrow_flow_net}}),
        replay_buffer=dict(capacity=4000)))
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        type='Digits',
        split='train',
        classes=[
            'T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
        pipeline=[
            dict(type='mmpretrain.Resize', scale=28, interpolation='bicubic'),
            dict(type='mmpretrain.PackInputs')]))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=20, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=20, T_max=580, eta_min=2e-5, by_epoch=False)]
train_cfg = dict(max_iters=600, val_interval=600)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt)]
