# GenKD on CIFAR-10 between small residual networks, in minutes of one CPU core, with a prior that was trained by
# maximum likelihood: see priors/jem_small_resnet_cifar10.py. The recipe on which the baselines were measured. Pace and
# guidance are those of genkd_fashion_mnist_maximum_likelihood.py.
# No fine-tuning: beside guidance the policy gradient (baselines/policy_gradient_cifar10_small.py) adds -0.5 ± 0.7
# points at equal steps, see docs/benchmarks.md. It pays where the teacher gives no gradient:
# genkd_digits_proxy_black_box.py.
_base_ = [
    './_base_/datasets/cifar10.py', './_base_/models/small_resnets_cifar10.py', './_base_/methods/genkd.py',
    './_base_/methods/distill.py', './_base_/default_runtime.py']
teacher_ckpt = 'work_dirs/teachers/small_resnet_cifar10/final.pth'
prior_ckpt = 'work_dirs/priors/jem_small_resnet_cifar10/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        sampler=dict(num_steps=4, guidance=[dict(type='Disagreement', weight=-2.0)]),
        replay_buffer=dict(capacity=5000, restart_prob=0.0, dtype='float16'),
        init_cfg=dict(checkpoint=prior_ckpt)),
    distiller={{_base_.distiller}},
    student_iter=40,
    refresh_interval=4,
    cache_teacher=False,
    augmentation=[
        dict(type='mmpretrain.torchvision/RandomCrop', size=32, padding=4, padding_mode='reflect'),
        dict(type='mmpretrain.torchvision/RandomHorizontalFlip')])

train_dataloader = dict(batch_size=64)
optim_wrapper = dict(architecture=dict(optimizer=dict(lr=0.05)))
param_scheduler = dict(
    architecture=dict(_delete_=True, type='CosineAnnealingLR', T_max=200, by_epoch=False))
train_cfg = dict(max_iters=200, val_interval=50)
default_hooks = dict(
    logger=dict(interval=10),
    initial_evaluation=dict(type='InitialEvaluationHook'),
    sample_grid=dict(type='SampleGridHook', interval=100),
    chain_reward=dict(type='ChainRewardHook', criteria=[dict(type='TeacherCrossEntropy')], interval=100))
auto_scale_lr = dict(enable=False, base_batch_size=128)  # used with --auto-scale-lr

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/small_resnet_cifar10.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_small_resnet_cifar10.py', checkpoint=prior_ckpt)]
