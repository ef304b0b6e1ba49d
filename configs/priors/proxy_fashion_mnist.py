# Data-free side: a prior for Fashion-MNIST on scikit-learn's digits, scaled up to 28 x 28 pixels. The teacher labels
# them. At the owner's rate and penalty the energies of such priors diverge.
_base_ = ['./jem_small_conv_net_fashion_mnist.py']
teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'

model = dict(
    type='ProxyPrior',
    energy_penalty=0.05,
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
optim_wrapper = dict(optimizer=dict(lr=3e-4))

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt)]
