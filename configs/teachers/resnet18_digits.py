# Owner's side: the teacher, trained on the digits. About 99% top-1.
_base_ = [
    '../_base_/datasets/digits.py', '../_base_/models/digits.py', '../_base_/methods/teacher.py',
    '../_base_/default_runtime.py']

model = {{_base_.teacher}}
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    dataset=dict(
        type='Digits',
        split='train',
        pipeline=[dict(type='mmpretrain.RandomCrop', crop_size=8, padding=1), dict(type='mmpretrain.PackInputs')]))
optim_wrapper = dict(optimizer=dict(lr=0.05))
param_scheduler = dict(T_max=350)
train_cfg = dict(max_iters=350, val_interval=175)
