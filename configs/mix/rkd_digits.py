# GenKD with relational distillation (Park et al., CVPR 2019): distances and angles between the images of a batch.
# Weights 25 and 50: mmrazor's rkd config, the paper's ratio; the default losses beside it.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    student_recorders=dict(gap=dict(type='ModuleOutputs', source='neck.gap')),
    teacher_recorders=dict(gap=dict(type='ModuleOutputs', source='teacher.neck.gap')),
    distill_losses=dict(
        loss_distance=dict(type='DistanceWiseRKD', with_l2_norm=True, loss_weight=25.0),
        loss_angle=dict(type='AngleWiseRKD', with_l2_norm=True, loss_weight=50.0)),
    loss_forward_mappings=dict(
        loss_distance=dict(
            preds_S=dict(from_student=True, recorder='gap'), preds_T=dict(from_student=False, recorder='gap')),
        loss_angle=dict(
            preds_S=dict(from_student=True, recorder='gap'), preds_T=dict(from_student=False, recorder='gap')))))
