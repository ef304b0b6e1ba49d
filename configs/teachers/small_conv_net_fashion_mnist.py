# Owner's side: the teacher, trained on Fashion-MNIST for six epochs.
_base_ = ['../_base_/default_runtime.py', '../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py']

model = {{_base_.teacher}}
train_dataloader = dict(
    batch_size=128, num_workers=0, dataset={{_base_.data_train}}, sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True))
param_scheduler = dict(type='CosineAnnealingLR', T_max=2800, by_epoch=False)
train_cfg = dict(max_iters=2800, val_interval=700)
