# GenKD with decoupled distillation (Zhao et al., CVPR 2022): the target class is the one that the image was drawn for.
# Temperature 4, alpha 1, beta 8 and a cross entropy of weight 1 beside it: the paper's for ResNet-32x4 to ResNet-8x4.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    student_recorders=dict(gt_labels=dict(type='ModuleInputs', source='head.loss_module')),
    distill_losses=dict(
        _delete_=True,
        loss_ce=dict(type='CrossEntropyLoss', loss_weight=1.0),
        loss_dkd=dict(type='DKDLoss', tau=4, alpha=1.0, beta=8.0, loss_weight=1.0)),
    loss_forward_mappings=dict(
        _delete_=True,
        loss_ce=dict(
            preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc')),
        loss_dkd=dict(
            preds_S=dict(from_student=True, recorder='fc'),
            preds_T=dict(from_student=False, recorder='fc'),
            gt_labels=dict(from_student=True, recorder='gt_labels', data_idx=1)))))
