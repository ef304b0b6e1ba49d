# ZSKT on digits, as many student steps as genkd_digits.py: see _base_/zskt.py. Attention is compared at the end of each
# stage, where a block's relu is called for the second time.
_base_ = ['../_base_/datasets/digits.py', '../_base_/models/digits.py', '../_base_/zskt.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        type='GreyGenerator',
        generator=dict(type='ZSKTGenerator', img_size=8, latent_dim=100, hidden_channels=64)),
    distiller=dict(
        student_recorders=dict(
            stage1=dict(type='ModuleOutputs', source='backbone.layer1.1.relu'),
            stage2=dict(type='ModuleOutputs', source='backbone.layer2.1.relu'),
            stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.relu'),
            stage4=dict(type='ModuleOutputs', source='backbone.layer4.1.relu')),
        teacher_recorders=dict(
            stage1=dict(type='ModuleOutputs', source='teacher.backbone.layer1.1.relu'),
            stage2=dict(type='ModuleOutputs', source='teacher.backbone.layer2.1.relu'),
            stage3=dict(type='ModuleOutputs', source='teacher.backbone.layer3.1.relu'),
            stage4=dict(type='ModuleOutputs', source='teacher.backbone.layer4.1.relu')),
        distill_losses=dict(
            loss_stage1=dict(type='ATLoss', loss_weight=250.0),
            loss_stage2=dict(type='ATLoss', loss_weight=250.0),
            loss_stage3=dict(type='ATLoss', loss_weight=250.0),
            loss_stage4=dict(type='ATLoss', loss_weight=250.0)),
        loss_forward_mappings=dict(
            loss_stage1=dict(
                s_feature=dict(from_student=True, recorder='stage1', record_idx=1),
                t_feature=dict(from_student=False, recorder='stage1', record_idx=1)),
            loss_stage2=dict(
                s_feature=dict(from_student=True, recorder='stage2', record_idx=1),
                t_feature=dict(from_student=False, recorder='stage2', record_idx=1)),
            loss_stage3=dict(
                s_feature=dict(from_student=True, recorder='stage3', record_idx=1),
                t_feature=dict(from_student=False, recorder='stage3', record_idx=1)),
            loss_stage4=dict(
                s_feature=dict(from_student=True, recorder='stage4', record_idx=1),
                t_feature=dict(from_student=False, recorder='stage4', record_idx=1)))))
param_scheduler = dict(architecture=dict(T_max=200), generator=dict(T_max=200))
train_cfg = dict(max_iters=200, val_interval=50)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt)]
