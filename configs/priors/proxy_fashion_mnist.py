# Data-free side: a prior for Fashion-MNIST on scikit-learn's digits, scaled up to 28 x 28 pixels. The teacher labels
# them.
_base_ = ['./jem_small_conv_net_fashion_mnist.py']
teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'

model = dict(
    type='ProxyPrior',
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    teacher_preprocessor={{_base_.data_preprocessor}})
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='Digits',
        split='train',
        classes=[
            'T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
        pipeline=[
            dict(type='mmpretrain.Resize', scale=28, interpolation='bicubic'),
            dict(type='mmpretrain.PackInputs')]))

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt)]
