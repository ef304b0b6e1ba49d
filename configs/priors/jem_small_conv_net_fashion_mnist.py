# Owner's side: the EBM prior, trained on Fashion-MNIST.
_base_ = [
    '../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py', '../_base_/methods/jem.py',
    '../_base_/default_runtime.py']

model = dict(
    data_preprocessor=dict(num_classes={{_base_.num_classes}}),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        replay_buffer=dict(capacity=20000)))
train_dataloader = dict(dataset={{_base_.data_train}})
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=100, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=100, T_max=14900, eta_min=1e-5, by_epoch=False)]
train_cfg = dict(max_iters=15000, val_interval=2500)
default_hooks = dict(sample_grid=dict(type='SampleGridHook', interval=2500))
