# Attention transfer on stored samples: the attention maps of two stages, beside the KL divergence of the logits.
_base_ = ['../_base_/methods/offline.py']

model = dict(
    calculate_student_loss=False,
    distiller=dict(
        student_recorders=dict(
            stage2=dict(type='ModuleOutputs', source='backbone.layer2.1.relu'),
            stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.relu')),
        teacher_recorders=dict(
            stage2=dict(type='ModuleOutputs', source='backbone.layer2.1.relu'),
            stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.relu')),
        distill_losses=dict(
            loss_kl=dict(type='KLDivergence', tau=4, loss_weight=1.0),
            loss_at2=dict(type='ATLoss', loss_weight=100.0),
            loss_at3=dict(type='ATLoss', loss_weight=100.0)),
        loss_forward_mappings=dict(
            loss_kl=dict(
                preds_S=dict(from_student=True, recorder='fc'), preds_T=dict(from_student=False, recorder='fc')),
            loss_at2=dict(
                s_feature=dict(from_student=True, recorder='stage2', record_idx=1),
                t_feature=dict(from_student=False, recorder='stage2', record_idx=1)),
            loss_at3=dict(
                s_feature=dict(from_student=True, recorder='stage3', record_idx=1),
                t_feature=dict(from_student=False, recorder='stage3', record_idx=1)))))
