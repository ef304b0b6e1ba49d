# Guidance and fine-tuning: genkd_digits.py with PolicyGradientHook, everything else the same.
_base_ = ['../genkd_digits.py']

default_hooks = dict(
    policy_gradient=dict(
        type='PolicyGradientHook', interval=4, window=5, estimator='finite_difference', baseline='leave_one_out',
        normalize_advantage=True, policy_weight=1e-2,
        reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-0.1)]))
