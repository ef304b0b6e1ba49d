# Owner's side: the EBM prior, trained on Fashion-MNIST by energy matching. Batches of 16 at twice the base's rate lower the
# matching loss faster than batches of 32 at the base's rate. Ten steps of the flow draw chains as good as twenty, in
# half the time (results/energy_matching/notes.md). The chains are drawn without guidance: from chains guided as in
# energy_matching_cifar10_small.py the student learned 0.3 points less (seed 0).
_base_ = [
    '../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py',
    '../_base_/methods/energy_matching.py']

model = dict(
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.flow_net}}),
        sampler=dict(num_steps=10, step_size=0.1),
        replay_buffer=dict(capacity=40000, dtype='float16')))
train_dataloader = dict(batch_size=16, dataset={{_base_.data_train}})
optim_wrapper = dict(optimizer=dict(lr=4e-3))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=100, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=100, T_max=23900, eta_min=2e-5, by_epoch=False)]
train_cfg = dict(max_iters=24000, val_interval=24000)
