# GenKD on CIFAR-10, ResNet-34 to ResNet-18, with a prior that was trained by energy matching:
# priors/energy_matching_cifar10.py. Pace and guidance are those of genkd_cifar10_small.py.
# 25,000 chains and 100 visits of 128 are at most 37,800 images.
_base_ = [
    './_base_/datasets/cifar10.py', './_base_/models/resnets_cifar.py', './_base_/methods/genkd.py',
    './_base_/methods/distill.py', './_base_/default_runtime.py']
teacher_ckpt = 'work_dirs/teachers/resnet34_cifar10/final.pth'
prior_ckpt = 'work_dirs/priors/energy_matching_cifar10/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.flow_net}}, contrast=1.5),
        sampler=dict(
            num_steps=4, step_size=0.05, noise_std=0.01, start='normal',
            guidance=[dict(type='Disagreement', weight=-40.0)]),
        replay_buffer=dict(capacity=25000, restart_prob=0.0, dtype='float16'),
        init_cfg=dict(checkpoint=prior_ckpt)),
    distiller={{_base_.distiller}},
    student_iter=40,
    refresh_interval=4,
    cache_teacher=False,
    augmentation=[
        dict(type='mmpretrain.torchvision/RandomCrop', size=32, padding=4, padding_mode='reflect'),
        dict(type='mmpretrain.torchvision/RandomHorizontalFlip')])
optim_wrapper = dict(architecture=dict(optimizer=dict(lr=0.1)))
param_scheduler = dict(
    architecture=dict(_delete_=True, type='CosineAnnealingLR', T_max=400, by_epoch=False))
train_cfg = dict(max_iters=400, val_interval=50)
default_hooks = dict(
    logger=dict(interval=10),
    initial_evaluation=dict(type='InitialEvaluationHook'),
    sample_grid=dict(type='SampleGridHook', interval=200),
    chain_reward=dict(type='ChainRewardHook', criteria=[dict(type='TeacherCrossEntropy')], interval=200),
    policy_gradient=dict(
        type='PolicyGradientHook', interval=4, window=4, estimator='marginal', baseline='leave_one_out',
        normalize_advantage=True, policy_weight=1e-2,
        reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-0.1)]))
auto_scale_lr = dict(enable=False, base_batch_size=128)  # used with --auto-scale-lr

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet34_cifar10.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/energy_matching_cifar10.py', checkpoint=prior_ckpt)]
