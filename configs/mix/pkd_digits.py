# GenKD with PKD (Cao et al., NeurIPS 2022): Pearson correlation of feature maps, made for detectors. Stage 3, through a
# trained 1 x 1 convolution, since teacher and student must have as many channels.
# Weight 6: mmrazor's pkd configs for detectors; the default losses beside it.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    student_recorders=dict(stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.relu')),
    teacher_recorders=dict(stage3=dict(type='ModuleOutputs', source='teacher.backbone.layer3.1.relu')),
    connectors=dict(stage3=dict(type='ConvModuleConnector', in_channel=32, out_channel=128, act_cfg=None)),
    distill_losses=dict(loss_pkd=dict(type='PKDLoss', loss_weight=6.0)),
    loss_forward_mappings=dict(loss_pkd=dict(
        preds_S=dict(from_student=True, recorder='stage3', record_idx=1, connector='stage3'),
        preds_T=dict(from_student=False, recorder='stage3', record_idx=1)))))
optim_wrapper = dict(constructor='GenKDOptimWrapperConstructor')  # the connector trains too
