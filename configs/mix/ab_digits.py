# GenKD with activation boundaries (Heo et al., AAAI 2019): the student's hidden units switch on where the teacher's do.
# The paper trains these losses first and the logits afterwards; here the default losses run beside them.
# Weights 0.125, 0.25, 0.5 and 1 from stage 1 to stage 4: mmrazor's abloss config.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    student_recorders=dict(
        stage1=dict(type='ModuleOutputs', source='backbone.layer1.1.conv2'),
        stage2=dict(type='ModuleOutputs', source='backbone.layer2.1.conv2'),
        stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.conv2'),
        stage4=dict(type='ModuleOutputs', source='backbone.layer4.1.conv2')),
    teacher_recorders=dict(
        stage1=dict(type='ModuleOutputs', source='teacher.backbone.layer1.1.conv2'),
        stage2=dict(type='ModuleOutputs', source='teacher.backbone.layer2.1.conv2'),
        stage3=dict(type='ModuleOutputs', source='teacher.backbone.layer3.1.conv2'),
        stage4=dict(type='ModuleOutputs', source='teacher.backbone.layer4.1.conv2')),
    connectors=dict(
        stage1=dict(type='ConvModuleConnector', in_channel=8, out_channel=32, norm_cfg=dict(type='BN'), act_cfg=None),
        stage2=dict(type='ConvModuleConnector', in_channel=16, out_channel=64, norm_cfg=dict(type='BN'), act_cfg=None),
        stage3=dict(type='ConvModuleConnector', in_channel=32, out_channel=128, norm_cfg=dict(type='BN'), act_cfg=None),
        stage4=dict(
            type='ConvModuleConnector', in_channel=64, out_channel=256, norm_cfg=dict(type='BN'), act_cfg=None)),
    distill_losses=dict(
        loss_stage1=dict(type='ABLoss', loss_weight=0.125),
        loss_stage2=dict(type='ABLoss', loss_weight=0.25),
        loss_stage3=dict(type='ABLoss', loss_weight=0.5),
        loss_stage4=dict(type='ABLoss', loss_weight=1.0)),
    loss_forward_mappings=dict(
        loss_stage1=dict(
            s_feature=dict(from_student=True, recorder='stage1', connector='stage1'),
            t_feature=dict(from_student=False, recorder='stage1')),
        loss_stage2=dict(
            s_feature=dict(from_student=True, recorder='stage2', connector='stage2'),
            t_feature=dict(from_student=False, recorder='stage2')),
        loss_stage3=dict(
            s_feature=dict(from_student=True, recorder='stage3', connector='stage3'),
            t_feature=dict(from_student=False, recorder='stage3')),
        loss_stage4=dict(
            s_feature=dict(from_student=True, recorder='stage4', connector='stage4'),
            t_feature=dict(from_student=False, recorder='stage4')))))
optim_wrapper = dict(constructor='GenKDOptimWrapperConstructor')  # the connectors train too
