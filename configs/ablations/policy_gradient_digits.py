# Fine-tuning by the policy gradient, or not; and its three estimators, everything else the same.
base = '../baselines/policy_gradient_digits.py'
axes = dict(policy_gradient={
    'without': {'default_hooks.policy_gradient': None},
    'autograd': {'default_hooks.policy_gradient.estimator': 'autograd'},
    'finite_difference': {'default_hooks.policy_gradient.estimator': 'finite_difference'},
    'marginal': {'default_hooks.policy_gradient.estimator': 'marginal'}})
seeds = [0, 1, 2]
shared = dict(
    teacher=dict(config='../teachers/resnet18_digits.py', key='model.teachers.teacher.ckpt_path'),
    prior=dict(config='../priors/energy_matching_digits.py', key='model.generator.init_cfg.checkpoint'))
