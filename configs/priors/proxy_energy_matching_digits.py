# Data-free side: a prior for digits by energy matching on Fashion-MNIST, scaled down to 8 x 8 pixels. The teacher
# labels the images, relative to the batch, so the batch is large.
_base_ = [
    '../_base_/datasets/digits.py', '../_base_/models/digits.py',
    '../_base_/methods/energy_matching.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'

model = dict(
    type='ProxyEnergyMatchingPrior',
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    teacher_preprocessor={{_base_.data_preprocessor}},
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.flow_net}}),
        replay_buffer=dict(capacity=4000)))
train_dataloader = dict(batch_size=128, dataset={{_base_.data_proxy}})
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=20, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=20, T_max=380, eta_min=2e-5, by_epoch=False)]
train_cfg = dict(max_iters=400, val_interval=400)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt)]
