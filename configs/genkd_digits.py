# GenKD on scikit-learn's digits: the embedded default, a few minutes on a CPU, nothing to download. The prior is
# trained by energy matching. One batch in eighty is a fresh one, of chains that climb towards images on which teacher
# and student disagree. No chain restarts: ten steps are a fifth of the way from noise to an image.
# No fine-tuning: beside guidance the policy gradient (baselines/policy_gradient_digits.py) adds 0.1 ± 0.3 points, see
# docs/benchmarks.md. It pays where the teacher gives no gradient: genkd_digits_proxy_black_box.py.
_base_ = [
    './_base_/datasets/digits.py', './_base_/models/digits.py', './_base_/methods/genkd.py',
    './_base_/methods/distill.py', './_base_/default_runtime.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_digits/final.pth'
prior_ckpt = 'work_dirs/priors/energy_matching_digits/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.flow_net}}),
        # A step is 0.02 as long as the base's, and the guidance weighs as much more.
        sampler=dict(
            num_steps=10, step_size=0.02, noise_std=0.01, start='normal',
            guidance=[dict(type='Disagreement', weight=-100.0)]),
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
    chain_reward=dict(type='ChainRewardHook', criteria=[dict(type='TeacherCrossEntropy')], interval=50))

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet18_digits.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/energy_matching_digits.py', checkpoint=prior_ckpt)]
