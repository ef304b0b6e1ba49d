# Owner's side: the EBM prior of Fashion-MNIST at 64 x 64 pixels, in the latent space of the autoencoder. Its checkpoint
# holds the autoencoder too.
_base_ = [
    '../_base_/datasets/fashion_mnist_64.py', '../_base_/models/latents.py', '../_base_/methods/energy_matching.py']
decoder_ckpt = 'work_dirs/autoencoders/tiny_fashion_mnist_64/final.pth'

model = dict(
    generator=dict(
        image_shape={{_base_.image_shape}},
        decoder=dict(
            type='DiffusersAutoencoder', size=32, network={{_base_.autoencoder_net}},
            init_cfg=dict(type='Pretrained', checkpoint=decoder_ckpt)),
        energy=dict(classifier={{_base_.flow_net}}),
        replay_buffer=dict(capacity=20000)))
train_dataloader = dict(dataset={{_base_.data_train}})
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=50, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=50, T_max=3950, eta_min=2e-5, by_epoch=False)]
train_cfg = dict(max_iters=4000, val_interval=4000)

prerequisites = [
    dict(config='{{ fileDirname }}/../autoencoders/tiny_fashion_mnist_64.py', checkpoint=decoder_ckpt)]
