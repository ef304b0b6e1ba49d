# Owner's side: mmpretrain's ResNet-18, a quarter as wide, trained on Fashion-MNIST at 64 x 64 pixels.
_base_ = [
    '../_base_/datasets/fashion_mnist_64.py', '../_base_/models/latents.py', '../_base_/methods/teacher.py',
    '../_base_/default_runtime.py']

model = {{_base_.teacher}}
train_dataloader = dict(num_workers=0, dataset={{_base_.data_train}})
param_scheduler = dict(T_max=1400)
train_cfg = dict(max_iters=1400, val_interval=700)
