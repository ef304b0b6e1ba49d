# Owner's side: the small teacher, trained on CIFAR-10 for eight epochs.
_base_ = [
    '../_base_/datasets/cifar10.py', '../_base_/models/small_resnets_cifar10.py', '../_base_/methods/teacher.py',
    '../_base_/default_runtime.py']

model = {{_base_.teacher}}
train_dataloader = dict(num_workers=0, dataset={{_base_.data_train}})
param_scheduler = dict(T_max=3128)
train_cfg = dict(max_iters=3128, val_interval=782)
auto_scale_lr = dict(enable=False, base_batch_size=128)  # used with --auto-scale-lr
