# Guidance and fine-tuning of the prior by maximum likelihood: genkd_cifar10_small_maximum_likelihood.py with
# PolicyGradientHook, everything else the same. The estimator is the cheapest.
_base_ = ['../genkd_cifar10_small_maximum_likelihood.py']

default_hooks = dict(
    policy_gradient=dict(
        type='PolicyGradientHook', interval=4, window=4, estimator='marginal', baseline='leave_one_out',
        normalize_advantage=True, policy_weight=1e-2, energy_penalty=0.01,
        reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-0.1)]))
