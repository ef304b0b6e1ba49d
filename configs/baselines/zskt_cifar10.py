# ZSKT on CIFAR-10, as many student steps as genkd_cifar10.py: see _base_/methods/zskt.py. Attention is compared at the
# end of each stage, where a block's relu is called for the second time; the generator is that of mmrazor's config.
_base_ = ['../_base_/datasets/cifar10.py', '../_base_/models/resnets_cifar.py', '../_base_/methods/zskt.py']
teacher_ckpt = 'work_dirs/teachers/resnet34_cifar10/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(type='ZSKTGenerator', img_size=32, latent_dim=256, hidden_channels=128),
    distiller=dict(
        student_recorders={
            f'stage{i}': dict(type='ModuleOutputs', source=f'backbone.layer{i}.1.relu') for i in range(1, 5)},
        teacher_recorders={
            f'stage{i}': dict(type='ModuleOutputs', source=f'teacher.backbone.layer{i}.{last}.relu')
            for i, last in enumerate((2, 3, 5, 2), 1)},
        distill_losses={f'loss_stage{i}': dict(type='ATLoss', loss_weight=250.0) for i in range(1, 5)},
        loss_forward_mappings={
            f'loss_stage{i}': dict(
                s_feature=dict(from_student=True, recorder=f'stage{i}', record_idx=1),
                t_feature=dict(from_student=False, recorder=f'stage{i}', record_idx=1))
            for i in range(1, 5)}))
train_dataloader = dict(batch_size=128, dataset=dict(channels=3))
param_scheduler = dict(architecture=dict(T_max=2344), generator=dict(T_max=2344))
train_cfg = dict(max_iters=2344, val_interval=200)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet34_cifar10.py', checkpoint=teacher_ckpt)]
