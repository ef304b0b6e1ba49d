# GenKD for a teacher of 64 x 64 pixels, on chains of 4 x 8 x 8 latents that an autoencoder decodes. The prior's
# checkpoint holds the autoencoder's weights. One batch in 160 is a fresh one, and no chain restarts.
_base_ = [
    './_base_/datasets/fashion_mnist_64.py', './_base_/models/latents.py', './_base_/methods/genkd.py',
    './_base_/methods/distill.py', './_base_/default_runtime.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_fashion_mnist_64/final.pth'
prior_ckpt = 'work_dirs/priors/energy_matching_fashion_mnist_64/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        decoder=dict(type='DiffusersAutoencoder', size=32, network={{_base_.autoencoder_net}}),
        energy=dict(classifier={{_base_.flow_net}}),
        sampler=dict(
            num_steps=4, step_size=0.05, noise_std=0.01, start='normal',
            guidance=[dict(type='Disagreement', weight=-40.0)]),
        replay_buffer=dict(capacity=20000, restart_prob=0.0),
        init_cfg=dict(checkpoint=prior_ckpt)),
    distiller={{_base_.distiller}},
    student_iter=40,
    refresh_interval=4)

train_dataloader = dict(batch_size=64, dataset=dict(channels=1))
optim_wrapper = dict(architecture=dict(optimizer=dict(lr=0.05)))
param_scheduler = dict(
    architecture=dict(_delete_=True, type='CosineAnnealingLR', T_max=200, by_epoch=False))
train_cfg = dict(max_iters=200, val_interval=50)
default_hooks = dict(
    logger=dict(interval=10),
    initial_evaluation=dict(type='InitialEvaluationHook'),
    sample_grid=dict(type='SampleGridHook', interval=100),
    chain_reward=dict(type='ChainRewardHook', criteria=[dict(type='TeacherCrossEntropy')], interval=100),
    policy_gradient=dict(
        type='PolicyGradientHook', interval=4, window=4, estimator='marginal', baseline='leave_one_out',
        normalize_advantage=True, policy_weight=1e-2,
        reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-0.1)]))

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet18_fashion_mnist_64.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/energy_matching_fashion_mnist_64.py', checkpoint=prior_ckpt)]
