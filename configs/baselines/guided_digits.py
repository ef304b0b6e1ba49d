# Guidance without fine-tuning: genkd_digits.py with PolicyGradientHook taken out, everything else the same.
_base_ = ['../genkd_digits.py']

default_hooks = dict(policy_gradient=None)
