# DFME on digits: see _base_/methods/dfme.py. The teacher is a classifier of this process that only answers; an
# HTTPTeacher can take its place. A longer run needs a larger budget, too: 112 queries an iteration. Given: the
# teacher's probabilities, 20,000 times.
_base_ = ['../_base_/datasets/digits.py', '../_base_/models/digits.py', '../_base_/methods/dfme.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(
        teacher=dict(
            build_cfg=dict(
                type='ZerothOrderTeacher', num_directions=1, step=1e-3,
                teacher=dict(
                    type='ClassifierTeacher', classifier={{_base_.teacher}}, ckpt_path=teacher_ckpt,
                    num_classes={{_base_.num_classes}}, mean={{_base_.mean}}, std={{_base_.std}})))),
    generator=dict(
        type='PixelGenerator', mean={{_base_.mean}}, std={{_base_.std}},
        generator=dict(
            type='GreyGenerator',
            generator=dict(type='ZSKTGenerator', img_size=8, latent_dim=100, hidden_channels=64))))
train_dataloader = dict(batch_size=16)
param_scheduler = dict(architecture=dict(milestones=[18, 53, 89]), generator=dict(milestones=[18, 53, 89]))
train_cfg = dict(max_iters=178, val_interval=60)
default_hooks = dict(teacher_queries=dict(budget=20000))

prerequisites = [dict(config='{{ fileDirname }}/../teachers/resnet18_digits.py', checkpoint=teacher_ckpt)]
