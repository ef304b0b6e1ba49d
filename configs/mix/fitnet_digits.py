# GenKD with FitNets' hints (Romero et al., ICLR 2015): the student's features of two stages, through a trained 1 x 1
# convolution each, come close to the teacher's. Stages 2 and 3, since stage 4 is of one pixel here.
# Weight 10 for each: mmrazor's fitnets config; the default losses beside it.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    student_recorders=dict(
        stage2=dict(type='ModuleOutputs', source='backbone.layer2.1.relu'),
        stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.relu')),
    teacher_recorders=dict(
        stage2=dict(type='ModuleOutputs', source='teacher.backbone.layer2.1.relu'),
        stage3=dict(type='ModuleOutputs', source='teacher.backbone.layer3.1.relu')),
    connectors=dict(
        stage2=dict(type='ConvModuleConnector', in_channel=16, out_channel=64, norm_cfg=dict(type='BN')),
        stage3=dict(type='ConvModuleConnector', in_channel=32, out_channel=128, norm_cfg=dict(type='BN'))),
    distill_losses=dict(
        loss_stage2=dict(type='L2Loss', loss_weight=10.0),
        loss_stage3=dict(type='L2Loss', loss_weight=10.0)),
    loss_forward_mappings=dict(
        loss_stage2=dict(
            s_feature=dict(from_student=True, recorder='stage2', record_idx=1, connector='stage2'),
            t_feature=dict(from_student=False, recorder='stage2', record_idx=1)),
        loss_stage3=dict(
            s_feature=dict(from_student=True, recorder='stage3', record_idx=1, connector='stage3'),
            t_feature=dict(from_student=False, recorder='stage3', record_idx=1)))))
optim_wrapper = dict(constructor='GenKDOptimWrapperConstructor')  # the connectors train too
