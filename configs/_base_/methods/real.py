# The ceiling: the same student and losses on the real training data, with mmrazor's algorithm for one teacher.
_base_ = ['../default_runtime.py', './distill.py']

model = dict(
    type='SingleTeacherDistill',
    calculate_student_loss=False,  # the distiller's losses alone, as in the data-free runs
    distiller={{_base_.distiller}})
train_dataloader = dict(batch_size=64, num_workers=0, sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.05, momentum=0.9, weight_decay=5e-4))
param_scheduler = dict(type='CosineAnnealingLR', T_max=1000, by_epoch=False)
train_cfg = dict(max_iters=1000, val_interval=250)
default_hooks = dict(initial_evaluation=dict(type='InitialEvaluationHook'))
