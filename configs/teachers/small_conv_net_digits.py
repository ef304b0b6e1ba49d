# Owner's side: a teacher of another architecture, for distillation from two: five convolutions, trained on the digits.
_base_ = [
    '../_base_/datasets/digits.py', '../_base_/models/digits.py', '../_base_/methods/teacher.py',
    '../_base_/default_runtime.py']

model = {{_base_.conv_teacher}}
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    dataset=dict(
        type='Digits',
        split='train',
        pipeline=[dict(type='mmpretrain.RandomCrop', crop_size=8, padding=1), dict(type='mmpretrain.PackInputs')]))
param_scheduler = dict(T_max=700)
train_cfg = dict(max_iters=700, val_interval=350)
