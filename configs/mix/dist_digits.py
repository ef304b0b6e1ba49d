# GenKD with DIST (Huang et al., NeurIPS 2022): Pearson correlations between classes and between the images of a batch.
# Temperature 1, inter and intra weight 1, loss weight 2: mmrazor's dist config. A cross entropy of weight 1 beside it,
# as there.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    distill_losses=dict(
        _delete_=True,
        loss_ce=dict(type='CrossEntropyLoss', loss_weight=1.0),
        loss_dist=dict(type='DISTLoss', inter_loss_weight=1.0, intra_loss_weight=1.0, tau=1, loss_weight=2.0)),
    loss_forward_mappings=dict(
        _delete_=True,
        loss_ce=dict(
            preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc')),
        loss_dist=dict(
            logits_S=dict(from_student=True, recorder='fc'), logits_T=dict(from_student=False, recorder='fc')))))
