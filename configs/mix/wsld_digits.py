# GenKD with weighted soft labels (Zhou et al., ICLR 2021): an image weighs less where the student already is as sure of
# the class that it was drawn for as the teacher is.
# Temperature 2, weight 2.5: mmrazor's wsld config. A cross entropy of weight 1 beside it, as there.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    student_recorders=dict(gt_labels=dict(type='ModuleInputs', source='head.loss_module')),
    distill_losses=dict(
        _delete_=True,
        loss_ce=dict(type='CrossEntropyLoss', loss_weight=1.0),
        loss_wsld=dict(type='WSLD', tau=2, loss_weight=2.5, num_classes={{_base_.num_classes}})),
    loss_forward_mappings=dict(
        _delete_=True,
        loss_ce=dict(
            preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc')),
        loss_wsld=dict(
            student=dict(from_student=True, recorder='fc'),
            teacher=dict(from_student=False, recorder='fc'),
            gt_labels=dict(from_student=True, recorder='gt_labels', data_idx=1)))))
