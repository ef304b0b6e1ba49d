# GenKD on digits with a prior that was trained by maximum likelihood: see priors/jem_wrn10x1_digits.py. Baselines
# without a prior inherit it. One batch in eighty is a fresh one, of chains that climb towards images on which teacher and
# student disagree. No chain restarts: one visit is too short to bring it from noise to where the prior's chains are.
_base_ = [
    './_base_/datasets/digits.py', './_base_/models/digits.py', './_base_/methods/genkd.py',
    './_base_/methods/distill.py', './_base_/default_runtime.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'
prior_ckpt = 'work_dirs/priors/jem_wrn10x1_digits/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        sampler=dict(num_steps=10, guidance=[dict(type='Disagreement', weight=-2.0)]),
        replay_buffer=dict(capacity=4000, restart_prob=0.0),
        init_cfg=dict(checkpoint=prior_ckpt)),
    distiller={{_base_.distiller}},
    student_iter=20,
    refresh_interval=4)

train_dataloader = dict(batch_size=64, dataset=dict(channels=1))
optim_wrapper = dict(architecture=dict(optimizer=dict(lr=0.05)))
param_scheduler = dict(
    architecture=dict(_delete_=True, type='CosineAnnealingLR', T_max=100, by_epoch=False))
train_cfg = dict(max_iters=100, val_interval=25)
default_hooks = dict(
    logger=dict(interval=10),
    initial_evaluation=dict(type='InitialEvaluationHook'),
    sample_grid=dict(type='SampleGridHook', interval=50),
    chain_reward=dict(type='ChainRewardHook', criteria=[dict(type='TeacherCrossEntropy')], interval=50),
    policy_gradient=dict(
        type='PolicyGradientHook', interval=4, window=5, estimator='finite_difference', baseline='leave_one_out',
        normalize_advantage=True, policy_weight=1e-2, energy_penalty=0.01,
        reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-0.1)]))

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet18_digits.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_wrn10x1_digits.py', checkpoint=prior_ckpt)]
