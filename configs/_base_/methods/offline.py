# Distillation on stored samples, what the three runs share: mmrazor's SingleTeacherDistill as it is. Only the training
# dataset differs from a distillation on data; tools/sample.py makes it, see docs/offline.md.
_base_ = ['../default_runtime.py', '../datasets/digits.py', '../models/digits.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'

model = dict(
    type='SingleTeacherDistill',
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    distiller=dict(
        type='ConfigurableDistiller',
        student_recorders=dict(fc=dict(type='ModuleOutputs', source='head.fc')),
        teacher_recorders=dict(fc=dict(type='ModuleOutputs', source='head.fc'))))

train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    dataset=dict(
        type='PseudoSampleDataset',
        data_root='work_dirs/samples/genkd_digits',
        num_classes={{_base_.num_classes}},
        image_shape={{_base_.image_shape}},
        pipeline={{_base_.pipeline}}),
    sampler=dict(type='ResumableSampler', shuffle=True))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.05, momentum=0.9, weight_decay=5e-4))
param_scheduler = dict(type='CosineAnnealingLR', T_max=1000, by_epoch=False)
train_cfg = dict(max_iters=1000, val_interval=250)
default_hooks = dict(initial_evaluation=dict(type='InitialEvaluationHook'))

prerequisites = [
    dict(config='{{ fileDirname }}/../../teachers/resnet18_digits.py', checkpoint=teacher_ckpt)]
