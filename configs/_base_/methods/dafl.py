# DAFL (Chen et al., ICCV 2019) with mmrazor's algorithm, generator and losses: one step of the generator and one of the
# student for each batch. The loss weights are its authors' for MNIST, the generator's rate is that of mmrazor's config.
# Given: the teacher alone.
_base_ = ['../default_runtime.py', './distill.py']

model = dict(
    type='DAFLDataFreeDistillation',
    distiller={{_base_.distiller}},
    generator_distiller=dict(
        type='ConfigurableDistiller',
        teacher_recorders=dict(
            gap=dict(type='ModuleOutputs', source='teacher.neck.gap'),
            fc=dict(type='ModuleOutputs', source='teacher.head.fc')),
        distill_losses=dict(
            loss_onehot=dict(type='OnehotLikeLoss', loss_weight=1.0),
            loss_entropy=dict(type='InformationEntropyLoss', loss_weight=5.0),
            loss_activation=dict(type='ActivationLoss', loss_weight=0.1)),
        loss_forward_mappings=dict(
            loss_onehot=dict(preds_T=dict(from_student=False, recorder='fc')),
            loss_entropy=dict(preds_T=dict(from_student=False, recorder='fc')),
            loss_activation=dict(feat_T=dict(from_student=False, recorder='gap')))))
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    dataset=dict(type='LabelDataset', num_classes=10, channels=1),
    sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(
    constructor='mmrazor.SeparateOptimWrapperConstructor',
    architecture=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.05, momentum=0.9, weight_decay=5e-4)),
    generator=dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-3)))
param_scheduler = dict(architecture=dict(type='CosineAnnealingLR', T_max=1000, by_epoch=False), generator=[])
train_cfg = dict(max_iters=1000, val_interval=250)
default_hooks = dict(initial_evaluation=dict(type='InitialEvaluationHook'))
