# GenKD with the overhaul of feature distillation (Heo et al., ICCV 2019): features before a ReLU, the teacher's cut at
# a margin that its batch norm gives. Recorded at the first batch norm of a block, which a ReLU follows at once.
# Weights 0.25, 0.5 and 1: mmrazor's ofd config; the default losses beside it.
_base_ = ['../genkd_digits.py']

model = dict(distiller=dict(
    type='OFDDistiller',
    student_recorders=dict(
        stage2=dict(type='ModuleOutputs', source='backbone.layer2.1.bn1'),
        stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.bn1'),
        stage4=dict(type='ModuleOutputs', source='backbone.layer4.1.bn1')),
    teacher_recorders=dict(
        stage2=dict(type='ModuleOutputs', source='teacher.backbone.layer2.1.bn1'),
        stage3=dict(type='ModuleOutputs', source='teacher.backbone.layer3.1.bn1'),
        stage4=dict(type='ModuleOutputs', source='teacher.backbone.layer4.1.bn1')),
    connectors=dict(
        student2=dict(
            type='ConvModuleConnector', in_channel=16, out_channel=64, norm_cfg=dict(type='BN'), act_cfg=None),
        student3=dict(
            type='ConvModuleConnector', in_channel=32, out_channel=128, norm_cfg=dict(type='BN'), act_cfg=None),
        student4=dict(
            type='ConvModuleConnector', in_channel=64, out_channel=256, norm_cfg=dict(type='BN'), act_cfg=None),
        teacher2=dict(type='OFDTeacherConnector'),
        teacher3=dict(type='OFDTeacherConnector'),
        teacher4=dict(type='OFDTeacherConnector')),
    distill_losses=dict(
        loss_stage2=dict(type='OFDLoss', loss_weight=0.25),
        loss_stage3=dict(type='OFDLoss', loss_weight=0.5),
        loss_stage4=dict(type='OFDLoss', loss_weight=1.0)),
    loss_forward_mappings=dict(
        loss_stage2=dict(
            s_feature=dict(from_student=True, recorder='stage2', connector='student2'),
            t_feature=dict(from_student=False, recorder='stage2', connector='teacher2')),
        loss_stage3=dict(
            s_feature=dict(from_student=True, recorder='stage3', connector='student3'),
            t_feature=dict(from_student=False, recorder='stage3', connector='teacher3')),
        loss_stage4=dict(
            s_feature=dict(from_student=True, recorder='stage4', connector='student4'),
            t_feature=dict(from_student=False, recorder='stage4', connector='teacher4')))))
optim_wrapper = dict(constructor='GenKDOptimWrapperConstructor')  # the connectors train too
