# ZSKT on Fashion-MNIST, as many student steps as genkd_fashion_mnist.py: see _base_/methods/zskt.py. Attention is
# compared at the end of both resolutions.
_base_ = ['../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py', '../_base_/methods/zskt.py']
teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        type='GreyGenerator',
        generator=dict(type='ZSKTGenerator', img_size=28, latent_dim=100, hidden_channels=32)),
    distiller=dict(
        student_recorders={
            f'stage{i}': dict(type='ModuleOutputs', source=f'backbone.layers.{layer}.activate')
            for i, layer in enumerate((1, 4), 1)},
        teacher_recorders={
            f'stage{i}': dict(type='ModuleOutputs', source=f'teacher.backbone.layers.{layer}.activate')
            for i, layer in enumerate((1, 4), 1)},
        distill_losses={f'loss_stage{i}': dict(type='ATLoss', loss_weight=250.0) for i in range(1, 3)},
        loss_forward_mappings={
            f'loss_stage{i}': dict(
                s_feature=dict(from_student=True, recorder=f'stage{i}'),
                t_feature=dict(from_student=False, recorder=f'stage{i}'))
            for i in range(1, 3)}))
param_scheduler = dict(architecture=dict(T_max=3008), generator=dict(T_max=3008))
train_cfg = dict(max_iters=3008, val_interval=752)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt)]
