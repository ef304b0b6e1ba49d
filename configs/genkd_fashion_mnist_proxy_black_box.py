# GenKD on Fashion-MNIST as genkd_digits_proxy_black_box.py on digits: the teacher only answers, and the prior was
# trained on other images (priors/proxy_energy_matching_fashion_mnist.py). The chains' noise is constant on squares of
# 4 x 4 pixels: with noise in each pixel the policy gradient gains nothing (docs/policy_gradient.md).
_base_ = ['./genkd_fashion_mnist_maximum_likelihood.py']
prior_ckpt = 'work_dirs/priors/proxy_energy_matching_fashion_mnist/final.pth'

model = dict(
    teachers=dict(
        teacher=dict(
            _delete_=True,
            build_cfg=dict(
                type='ClassifierTeacher', answers='probabilities', classifier={{_base_.teacher}},
                ckpt_path={{_base_.teacher_ckpt}}, num_classes={{_base_.num_classes}},
                mean={{_base_.mean}}, std={{_base_.std}}))),
    generator=dict(
        energy=dict(_delete_=True, type='ClassifierEnergy', classifier={{_base_.narrow_flow_net}}),
        sampler=dict(num_steps=20, step_size=0.05, noise_std=0.4, noise_block=4, start='normal', guidance=[]),
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
        policy_weight=0.05, likelihood_weight=0.3,
        reward=[dict(type='TeacherCrossEntropy', weight=0.5), dict(type='Disagreement', weight=-2.0)]))

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/small_conv_net_fashion_mnist.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/priors/proxy_energy_matching_fashion_mnist.py', checkpoint=prior_ckpt)]
