# Fine-tuning by the policy gradient, or not; and its three estimators, everything else the same.
base = '../genkd_digits.py'
axes = dict(policy_gradient={
    'without': dict(custom_hooks=[]),
    'autograd': {'custom_hooks.0.estimator': 'autograd'},
    'finite_difference': {'custom_hooks.0.estimator': 'finite_difference'},
    'marginal': {'custom_hooks.0.estimator': 'marginal'}})
seeds = [0, 1, 2]
shared = dict(
    teacher=dict(config='../teachers/resnet18_digits.py', key='model.teachers.teacher.ckpt_path'),
    prior=dict(config='../priors/jem_wrn10x1_digits.py', key='model.generator.init_cfg.checkpoint'))
