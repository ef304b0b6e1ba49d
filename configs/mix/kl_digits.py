# GenKD with Hinton's distillation: the KL divergence of the logits at temperature 4 alone, and no label.
# Weight 1 and temperature 4: Hinton et al. 2015 as the field runs it on small images.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    distill_losses=dict(_delete_=True, loss_kl=dict(type='KLDivergence', tau=4, loss_weight=1.0)),
    loss_forward_mappings=dict(
        _delete_=True,
        loss_kl=dict(
            preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc')))))
