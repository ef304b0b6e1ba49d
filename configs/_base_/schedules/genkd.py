# What a distillation on chains adds: pictures of them.
_base_ = ['./distill.py']

default_hooks = dict(sample_grid=dict(type='SampleGridHook', interval=1000))
