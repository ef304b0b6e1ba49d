# ZSKT (Micaelli and Storkey, NeurIPS 2019) with mmrazor's algorithm, generator and losses: the generator seeks images
# on which the student disagrees with the teacher, then the student takes ten steps, with a KL divergence and, in the
# configs that inherit this, attention transfer. Weights and rates are those of mmrazor's CIFAR config, annealed
# as the authors do, for both: a generator at the full rate ruins the student in the last steps.
# Given: the teacher alone.
_base_ = ['../default_runtime.py', './distill.py']
student_fc, teacher_fc = dict(from_student=True, recorder='fc'), dict(from_student=False, recorder='fc')

model = dict(
    type='DataFreeDistillation',
    distiller=dict(
        type='ConfigurableDistiller',
        student_recorders=dict(fc=dict(type='ModuleOutputs', source='head.fc')),
        teacher_recorders=dict(fc=dict(type='ModuleOutputs', source='teacher.head.fc')),
        distill_losses=dict(loss_kl=dict(type='KLDivergence', loss_weight=2.0, reduction='mean')),
        loss_forward_mappings=dict(loss_kl=dict(preds_S=student_fc, preds_T=teacher_fc))),
    generator_distiller=dict(
        type='ConfigurableDistiller',
        student_recorders=dict(fc=dict(type='ModuleOutputs', source='head.fc')),
        teacher_recorders=dict(fc=dict(type='ModuleOutputs', source='teacher.head.fc')),
        distill_losses=dict(
            loss_kl=dict(type='KLDivergence', loss_weight=-2.0, reduction='mean', teacher_detach=False)),
        loss_forward_mappings=dict(loss_kl=dict(preds_S=student_fc, preds_T=teacher_fc))),
    student_iter=10)
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    dataset=dict(type='LabelDataset', num_classes=10, channels=1),
    sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(
    constructor='mmrazor.SeparateOptimWrapperConstructor',
    architecture=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=5e-4)),
    generator=dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-3)))
param_scheduler = dict(
    architecture=dict(type='CosineAnnealingLR', T_max=100, by_epoch=False),
    generator=dict(type='CosineAnnealingLR', T_max=100, by_epoch=False))
train_cfg = dict(max_iters=100, val_interval=25)
default_hooks = dict(initial_evaluation=dict(type='InitialEvaluationHook'))
