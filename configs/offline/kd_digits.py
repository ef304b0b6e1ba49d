# Hinton's distillation on stored samples: KL divergence of the logits at temperature 4, and no label.
_base_ = ['../_base_/methods/offline.py']

model = dict(
    calculate_student_loss=False,
    distiller=dict(
        distill_losses=dict(loss_kl=dict(type='KLDivergence', tau=4, loss_weight=1.0)),
        loss_forward_mappings=dict(loss_kl=dict(
            preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc')))))
