# Owner's side: energy_matching_fashion_mnist_64.py for a teacher of 224 x 224 pixels. Latents and energy are as large
# as there.
_base_ = [
    '../_base_/datasets/fashion_mnist_64.py', '../_base_/models/latents.py', '../_base_/methods/energy_matching.py']
decoder_ckpt = 'work_dirs/autoencoders/tiny_fashion_mnist_224/final.pth'
image_shape = (1, 224, 224)
pipeline = [dict(type='mmpretrain.Resize', scale=224), dict(type='mmpretrain.PackInputs')]

model = dict(
    generator=dict(
        image_shape=image_shape,
        decoder=dict(
            type='DiffusersAutoencoder', size=32, network={{_base_.autoencoder_net}},
            init_cfg=dict(type='Pretrained', checkpoint=decoder_ckpt)),
        energy=dict(classifier={{_base_.flow_net}}),
        replay_buffer=dict(capacity=20000)))
train_dataloader = dict(
    dataset=dict(type='mmpretrain.FashionMNIST', data_root='data/fashion_mnist', split='train', pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = val_dataloader
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=50, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=50, T_max=3950, eta_min=2e-5, by_epoch=False)]
train_cfg = dict(max_iters=4000, val_interval=4000)

prerequisites = [
    dict(config='{{ fileDirname }}/../autoencoders/tiny_fashion_mnist_224.py', checkpoint=decoder_ckpt)]
