# What every distillation shares: the wrapper of the model, and the student's losses. They follow the paper: a cross
# entropy and a KL divergence at temperature 4, here weighted 0.4 and 0.6. Every rank has the batch-norm statistics of
# rank 0. Distillers that leave parameters of student or connectors without a gradient, such as the one in
# mix/factor_transfer_digits.py, need find_unused_parameters, which reads their list at each step.
model_wrapper_cfg = dict(
    type='mmengine.MMSeparateDistributedDataParallel', broadcast_buffers=True, find_unused_parameters=False)

distiller = dict(
    type='ConfigurableDistiller',
    student_recorders=dict(fc=dict(type='ModuleOutputs', source='head.fc')),
    teacher_recorders=dict(fc=dict(type='ModuleOutputs', source='teacher.head.fc')),
    distill_losses=dict(
        loss_ce=dict(type='CrossEntropyLoss', loss_weight=0.4),
        loss_kl=dict(type='KLDivergence', tau=4, loss_weight=0.6)),
    loss_forward_mappings=dict(
        loss_ce=dict(
            preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc')),
        loss_kl=dict(
            preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc'))))
