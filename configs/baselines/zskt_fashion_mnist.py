# ZSKT on Fashion-MNIST, as many student steps as genkd_fashion_mnist.py: see _base_/zskt.py. Attention is compared at
# the end of both resolutions.
_base_ = ['../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py', '../_base_/zskt.py']
teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        type='GreyGenerator',
        generator=dict(type='ZSKTGenerator', img_size=28, latent_dim=100, hidden_channels=32)),
    distiller=dict(
        student_recorders=dict(
            stage1=dict(type='ModuleOutputs', source='backbone.layers.1.activate'),
            stage2=dict(type='ModuleOutputs', source='backbone.layers.4.activate')),
        teacher_recorders=dict(
            stage1=dict(type='ModuleOutputs', source='teacher.backbone.layers.1.activate'),
            stage2=dict(type='ModuleOutputs', source='teacher.backbone.layers.4.activate')),
        distill_losses=dict(
            loss_stage1=dict(type='ATLoss', loss_weight=250.0),
            loss_stage2=dict(type='ATLoss', loss_weight=250.0)),
        loss_forward_mappings=dict(
            loss_stage1=dict(
                s_feature=dict(from_student=True, recorder='stage1'),
                t_feature=dict(from_student=False, recorder='stage1')),
            loss_stage2=dict(
                s_feature=dict(from_student=True, recorder='stage2'),
                t_feature=dict(from_student=False, recorder='stage2')))))
param_scheduler = dict(architecture=dict(T_max=3008), generator=dict(T_max=3008))
train_cfg = dict(max_iters=3008, val_interval=752)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt)]
