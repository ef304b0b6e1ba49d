# Decoupled distillation on stored samples: the loss and the student's cross entropy read the label that each sample was
# drawn for. train_dataloader.dataset.labels=teacher takes the teacher's argmax instead.
_base_ = ['../_base_/methods/offline.py']

model = dict(distiller=dict(
    student_recorders=dict(gt_labels=dict(type='ModuleInputs', source='head.loss_module')),
    distill_losses=dict(loss_dkd=dict(type='DKDLoss', tau=4, alpha=1.0, beta=1.0, loss_weight=1.0)),
    loss_forward_mappings=dict(loss_dkd=dict(
        preds_S=dict(from_student=True, recorder='fc'),
        preds_T=dict(from_student=False, recorder='fc'),
        gt_labels=dict(from_student=True, recorder='gt_labels', data_idx=1)))))
