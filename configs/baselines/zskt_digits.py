# ZSKT on digits, as many student steps as genkd_digits.py: see _base_/methods/zskt.py. Attention is compared at the end
# of each stage, where a block's relu is called for the second time.
_base_ = ['../_base_/datasets/digits.py', '../_base_/models/digits.py', '../_base_/methods/zskt.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        type='GreyGenerator',
        generator=dict(type='ZSKTGenerator', img_size=8, latent_dim=100, hidden_channels=64)),
    distiller=dict(
        student_recorders={
            f'stage{i}': dict(type='ModuleOutputs', source=f'backbone.layer{i}.1.relu') for i in range(1, 5)},
        teacher_recorders={
            f'stage{i}': dict(type='ModuleOutputs', source=f'teacher.backbone.layer{i}.1.relu')
            for i in range(1, 5)},
        distill_losses={f'loss_stage{i}': dict(type='ATLoss', loss_weight=250.0) for i in range(1, 5)},
        loss_forward_mappings={
            f'loss_stage{i}': dict(
                s_feature=dict(from_student=True, recorder=f'stage{i}', record_idx=1),
                t_feature=dict(from_student=False, recorder=f'stage{i}', record_idx=1))
            for i in range(1, 5)}))
param_scheduler = dict(architecture=dict(T_max=200), generator=dict(T_max=200))
train_cfg = dict(max_iters=200, val_interval=50)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt)]
