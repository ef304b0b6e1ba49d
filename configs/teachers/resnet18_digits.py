# Owner's side: the teacher, trained on the digits. About 99% top-1.
_base_ = ['../_base_/default_runtime.py', '../_base_/datasets/digits.py', '../_base_/models/digits.py']

model = {{_base_.teacher}}
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    dataset=dict(
        type='Digits',
        split='train',
        pipeline=[dict(type='mmpretrain.RandomCrop', crop_size=8, padding=1), dict(type='mmpretrain.PackInputs')]),
    sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True))
param_scheduler = dict(type='CosineAnnealingLR', T_max=350, by_epoch=False)
train_cfg = dict(max_iters=350, val_interval=175)
