# Owner's side, what the teachers share: 200 epochs of 50,000 images. The paper takes its teachers as given; this is the
# usual recipe for ResNets on CIFAR.
_base_ = ['./default_runtime.py']

train_dataloader = dict(batch_size=128, num_workers=2, sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True))
param_scheduler = dict(type='CosineAnnealingLR', T_max=78125, by_epoch=False)
train_cfg = dict(max_iters=78125, val_interval=3900)
auto_scale_lr = dict(enable=False, base_batch_size=128)  # used with --auto-scale-lr
