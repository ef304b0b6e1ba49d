# GenKD on digits without the data, a prior of the data, or a gradient of the teacher: the teacher only answers, and the
# prior was trained on other images (priors/proxy_energy_matching_digits.py). All chains start anew and take the whole
# flow, with noise. The policy gradient moves them towards images to which the teacher gives their class and on which
# it disagrees with the student. The student learns from the images that it has asked about, so no query is for
# the reward alone. docs/policy_gradient.md compares this with other ways. The teacher is a classifier of this process,
# to try it without a server; genkd_digits_black_box.py has one that answers over HTTP.
_base_ = ['./genkd_digits.py']
prior_ckpt = 'work_dirs/priors/proxy_energy_matching_digits/final.pth'

model = dict(
    teachers=dict(
        teacher=dict(
            _delete_=True,
            build_cfg=dict(
                type='ClassifierTeacher', answers='probabilities', classifier={{_base_.teacher}},
                ckpt_path={{_base_.teacher_ckpt}}, num_classes={{_base_.num_classes}},
                mean={{_base_.mean}}, std={{_base_.std}}))),
    generator=dict(
        sampler=dict(num_steps=20, step_size=0.05, noise_std=0.1, guidance=[]),
        replay_buffer=dict(capacity=10000, restart_prob=1.0),
        init_cfg=dict(checkpoint=prior_ckpt)),
    distiller=dict(teacher_recorders=dict(fc=dict(source='teacher.logits'))),
    student_iter=8,
    refresh_interval=1,
    cache_teacher=True)

train_dataloader = dict(batch_size=128)
optim_wrapper = dict(generator=dict(optimizer=dict(lr=8e-4)))
param_scheduler = dict(architecture=dict(T_max=240))
train_cfg = dict(max_iters=240, val_interval=60)
default_hooks = dict(
    teacher_queries=dict(budget=45000),
    chain_reward=dict(interval=1000),
    sample_grid=dict(interval=240),
    policy_gradient=dict(
        type='PolicyGradientHook', interval=1, window=5, credit='end', normalize_advantage=True, clip_advantage=3.0,
        policy_weight=0.1, likelihood_weight=0.3,
        reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-2.0)]))

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet18_digits.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/priors/proxy_energy_matching_digits.py', checkpoint=prior_ckpt)]
