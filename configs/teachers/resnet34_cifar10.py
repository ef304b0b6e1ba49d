# Owner's side: the ResNet-34 teacher, trained on CIFAR-10 for 200 epochs.
_base_ = [
    '../_base_/datasets/cifar10.py', '../_base_/models/resnets_cifar.py', '../_base_/methods/teacher.py',
    '../_base_/default_runtime.py']

model = {{_base_.teacher}}
train_dataloader = dict(dataset={{_base_.data_train}}, collate_fn=dict(type='default_collate'))  # one copy to a GPU
train_cfg = dict(max_iters=78125, val_interval=3900)
auto_scale_lr = dict(enable=False, base_batch_size=128)  # used with --auto-scale-lr
