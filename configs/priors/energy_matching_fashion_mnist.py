# Owner's side: the EBM prior, trained on Fashion-MNIST by energy matching. Its chains are drawn without guidance:
# from chains guided as in energy_matching_cifar10_small.py the student learned 0.3 points less (seed 0).
_base_ = [
    '../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py',
    '../_base_/methods/energy_matching.py']

model = dict(
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.flow_net}}),
        replay_buffer=dict(capacity=20000)))
train_dataloader = dict(dataset={{_base_.data_train}})
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=50, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=50, T_max=5950, eta_min=2e-5, by_epoch=False)]
train_cfg = dict(max_iters=6000, val_interval=6000)
