# Owner's side: the teacher, trained on Fashion-MNIST for six epochs.
_base_ = [
    '../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py', '../_base_/methods/teacher.py',
    '../_base_/default_runtime.py']

model = {{_base_.teacher}}
train_dataloader = dict(num_workers=0, dataset={{_base_.data_train}})
param_scheduler = dict(T_max=2800)
train_cfg = dict(max_iters=2800, val_interval=700)
