# energy_matching_fashion_mnist_64.py for a teacher of 224 x 224 pixels: latents and energy are as large as there.
_base_ = ['./energy_matching_fashion_mnist_64.py']
decoder_ckpt = 'work_dirs/autoencoders/tiny_fashion_mnist_224/final.pth'
image_shape = (1, 224, 224)
pipeline = [dict(type='mmpretrain.Resize', scale=224), dict(type='mmpretrain.PackInputs')]

model = dict(generator=dict(image_shape=image_shape, decoder=dict(init_cfg=dict(checkpoint=decoder_ckpt))))
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = val_dataloader

prerequisites = [
    dict(config='{{ fileDirname }}/../autoencoders/tiny_fashion_mnist_224.py', checkpoint=decoder_ckpt)]
