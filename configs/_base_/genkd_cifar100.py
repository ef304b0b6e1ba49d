# What differs for CIFAR-100 in the paper's settings. 9,375 steps of ten batches are 300 epochs over 40,000 chains.
_base_ = ['./genkd_cifar.py']

model = dict(
    generator=dict(replay_buffer=dict(capacity=40000)),
    distiller=dict(distill_losses=dict(loss_ce=dict(loss_weight=0.3), loss_kl=dict(loss_weight=0.7))))
train_dataloader = dict(dataset=dict(num_classes=100))
optim_wrapper = dict(generator=dict(optimizer=dict(lr=1e-4)))
param_scheduler = dict(architecture=dict(milestones=[4688, 5625, 6563, 7813]))
train_cfg = dict(max_iters=9375, val_interval=500)
