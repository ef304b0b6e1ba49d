# ZSKT on CIFAR-10 between small networks, as many student steps as genkd_cifar10_small.py: see _base_/zskt.py.
# Attention is compared at the end of each stage, where a block's relu is called for the second time.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/small_resnets_cifar10.py', '../_base_/zskt.py']
teacher_ckpt = 'work_dirs/teachers/small_resnet_cifar10/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(type='ZSKTGenerator', img_size=32, latent_dim=100, hidden_channels=32),
    distiller=dict(
        student_recorders=dict(
            stage1=dict(type='ModuleOutputs', source='backbone.layer1.1.relu'),
            stage2=dict(type='ModuleOutputs', source='backbone.layer2.1.relu'),
            stage3=dict(type='ModuleOutputs', source='backbone.layer3.1.relu')),
        teacher_recorders=dict(
            stage1=dict(type='ModuleOutputs', source='teacher.backbone.layer1.1.relu'),
            stage2=dict(type='ModuleOutputs', source='teacher.backbone.layer2.1.relu'),
            stage3=dict(type='ModuleOutputs', source='teacher.backbone.layer3.1.relu')),
        distill_losses=dict(
            loss_stage1=dict(type='ATLoss', loss_weight=250.0),
            loss_stage2=dict(type='ATLoss', loss_weight=250.0),
            loss_stage3=dict(type='ATLoss', loss_weight=250.0)),
        loss_forward_mappings=dict(
            loss_stage1=dict(
                s_feature=dict(from_student=True, recorder='stage1', record_idx=1),
                t_feature=dict(from_student=False, recorder='stage1', record_idx=1)),
            loss_stage2=dict(
                s_feature=dict(from_student=True, recorder='stage2', record_idx=1),
                t_feature=dict(from_student=False, recorder='stage2', record_idx=1)),
            loss_stage3=dict(
                s_feature=dict(from_student=True, recorder='stage3', record_idx=1),
                t_feature=dict(from_student=False, recorder='stage3', record_idx=1)))))
train_dataloader = dict(dataset=dict(channels=3))
param_scheduler = dict(architecture=dict(T_max=800), generator=dict(T_max=800))
train_cfg = dict(max_iters=800, val_interval=200)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_resnet_cifar10.py', checkpoint=teacher_ckpt)]
