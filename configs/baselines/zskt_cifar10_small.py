# ZSKT on CIFAR-10 between small networks, as many student steps as genkd_cifar10_small.py: see _base_/methods/zskt.py.
# Attention is compared at the end of each stage, where a block's relu is called for the second time.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/small_resnets_cifar10.py', '../_base_/methods/zskt.py']
teacher_ckpt = 'work_dirs/teachers/small_resnet_cifar10/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(type='ZSKTGenerator', img_size=32, latent_dim=100, hidden_channels=32),
    distiller=dict(
        student_recorders={
            f'stage{i}': dict(type='ModuleOutputs', source=f'backbone.layer{i}.1.relu') for i in range(1, 4)},
        teacher_recorders={
            f'stage{i}': dict(type='ModuleOutputs', source=f'teacher.backbone.layer{i}.1.relu')
            for i in range(1, 4)},
        distill_losses={f'loss_stage{i}': dict(type='ATLoss', loss_weight=250.0) for i in range(1, 4)},
        loss_forward_mappings={
            f'loss_stage{i}': dict(
                s_feature=dict(from_student=True, recorder=f'stage{i}', record_idx=1),
                t_feature=dict(from_student=False, recorder=f'stage{i}', record_idx=1))
            for i in range(1, 4)}))
train_dataloader = dict(dataset=dict(channels=3))
param_scheduler = dict(architecture=dict(T_max=800), generator=dict(T_max=800))
train_cfg = dict(max_iters=800, val_interval=200)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_resnet_cifar10.py', checkpoint=teacher_ckpt)]
