# How many steps of the chain the policy gradient scores: the paper's K, here of a chain of 10 steps.
base = '../baselines/policy_gradient_digits.py'
axes = dict(K={str(window): {'default_hooks.policy_gradient.window': window} for window in (1, 3, 5, 7, 10)})
seeds = [0, 1, 2]
shared = dict(
    teacher=dict(config='../teachers/resnet18_digits.py', key='model.teachers.teacher.ckpt_path'),
    prior=dict(config='../priors/energy_matching_digits.py', key='model.generator.init_cfg.checkpoint'))
