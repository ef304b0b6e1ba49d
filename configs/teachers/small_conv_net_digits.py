# Owner's side: a teacher of another build, for distillation from two: five convolutions, trained on the digits.
_base_ = ['../_base_/default_runtime.py', '../_base_/datasets/digits.py', '../_base_/models/digits.py']

model = {{_base_.conv_teacher}}
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    dataset=dict(
        type='Digits',
        split='train',
        pipeline=[dict(type='mmpretrain.RandomCrop', crop_size=8, padding=1), dict(type='mmpretrain.PackInputs')]),
    sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True))
param_scheduler = dict(type='CosineAnnealingLR', T_max=700, by_epoch=False)
train_cfg = dict(max_iters=700, val_interval=350)
