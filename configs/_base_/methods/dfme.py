# DFME (Truong et al., CVPR 2021) with mmrazor's algorithm, generator and losses: the generator seeks images on which
# the student's logits are far from the black-box teacher's, by the zeroth-order gradient of ZerothOrderTeacher, then
# the student takes five steps towards them. Losses, rates and schedule are the authors'. Ours: the student's part of
# the generator's gradient is exact. An image of the generator costs two queries, one of the student's steps one: seven
# batches an iteration. Given: the teacher's probabilities.
_base_ = ['../default_runtime.py', './distill.py']
student_fc, teacher_logits = dict(from_student=True, recorder='fc'), dict(from_student=False, recorder='logits')

model = dict(
    type='DataFreeDistillation',
    distiller=dict(
        type='ConfigurableDistiller',
        student_recorders=dict(fc=dict(type='ModuleOutputs', source='head.fc')),
        teacher_recorders=dict(logits=dict(type='ModuleOutputs', source='teacher.logits')),
        distill_losses=dict(loss_l1=dict(type='L1Loss')),
        loss_forward_mappings=dict(loss_l1=dict(s_feature=student_fc, t_feature=teacher_logits))),
    generator_distiller=dict(
        type='ConfigurableDistiller',
        student_recorders=dict(fc=dict(type='ModuleOutputs', source='head.fc')),
        teacher_recorders=dict(logits=dict(type='ModuleOutputs', source='teacher.logits')),
        distill_losses=dict(loss_l1=dict(type='L1Loss', loss_weight=-1.0)),
        loss_forward_mappings=dict(loss_l1=dict(s_feature=student_fc, t_feature=teacher_logits))),
    student_iter=5)
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    dataset=dict(type='LabelDataset', num_classes=10, channels=1),
    sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(
    constructor='mmrazor.SeparateOptimWrapperConstructor',
    architecture=dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=5e-4)),
    generator=dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=5e-4)))
param_scheduler = dict(
    architecture=dict(type='MultiStepLR', milestones=[10, 30, 50], gamma=0.3, by_epoch=False),
    generator=dict(type='MultiStepLR', milestones=[10, 30, 50], gamma=0.3, by_epoch=False))
train_cfg = dict(max_iters=100, val_interval=25)
default_hooks = dict(initial_evaluation=dict(type='InitialEvaluationHook'))
