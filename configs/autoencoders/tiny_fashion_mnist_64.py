# Owner's side: the autoencoder whose latents the prior models. Its accuracy is the teacher's on reconstructions: what
# the latents leave of the teacher's own.
_base_ = [
    '../_base_/datasets/fashion_mnist_64.py', '../_base_/models/latents.py', '../_base_/default_runtime.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_fashion_mnist_64/final.pth'

model = dict(
    type='AutoencoderTraining',
    data_preprocessor={{_base_.data_preprocessor}},
    image_shape={{_base_.image_shape}},
    autoencoder=dict(type='DiffusersAutoencoder', size=32, network={{_base_.autoencoder_net}}),
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt)
train_dataloader = dict(
    batch_size=64, num_workers=0, dataset={{_base_.data_train}}, sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='Adam', lr=1e-3), clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=50, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=50, T_max=1950, eta_min=1e-5, by_epoch=False)]
train_cfg = dict(max_iters=2000, val_interval=1000)

prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/resnet18_fashion_mnist_64.py', checkpoint=teacher_ckpt)]
