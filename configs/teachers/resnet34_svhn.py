# Owner's side: the ResNet-34 teacher, trained on SVHN. 100 epochs of 73,257 images, from the rate that the authors of
# the wide residual networks use for SVHN (Zagoruyko and Komodakis, 2016).
_base_ = [
    '../_base_/datasets/svhn.py', '../_base_/models/resnets_cifar.py', '../_base_/methods/teacher.py',
    '../_base_/default_runtime.py']

model = {{_base_.teacher}}
train_dataloader = dict(dataset={{_base_.data_train}})
optim_wrapper = dict(optimizer=dict(lr=0.01))
param_scheduler = dict(T_max=57232)
train_cfg = dict(max_iters=57232, val_interval=5720)
auto_scale_lr = dict(enable=False, base_batch_size=128)  # used with --auto-scale-lr
