# Owner's side: a small EBM prior, trained on CIFAR-10 by energy matching. Without the contrast the teacher finds the
# drawn class in fewer than a third of the chains. When the chains are drawn, the owner's teacher guides them towards
# their class and the statistics of its batch norms.
_base_ = [
    '../_base_/datasets/cifar10.py', '../_base_/models/small_resnets_cifar10.py',
    '../_base_/methods/energy_matching.py']
teacher_ckpt = 'work_dirs/teachers/small_resnet_cifar10/final.pth'

model = dict(
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    teacher_preprocessor={{_base_.data_preprocessor}},
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.flow_net}}, contrast=1.5),
        sampler=dict(guidance=[
            dict(type='TeacherCrossEntropy', weight=0.6),
            dict(type='BatchNormStatistics', weight=0.6, per_image=False)]),
        replay_buffer=dict(capacity=10000, dtype='float16')))
train_dataloader = dict(dataset={{_base_.data_prior}})
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=100, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=100, T_max=8900, eta_min=2e-5, by_epoch=False)]
train_cfg = dict(max_iters=9000, val_interval=9000)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_resnet_cifar10.py', checkpoint=teacher_ckpt)]
