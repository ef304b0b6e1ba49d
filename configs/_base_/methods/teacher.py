# Owner's side: a classifier trained on labels. The paper takes its teachers as given; this is the usual recipe for
# ResNets on CIFAR.
train_dataloader = dict(batch_size=128, num_workers=2, sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True))
param_scheduler = dict(type='CosineAnnealingLR', T_max=78125, by_epoch=False)
