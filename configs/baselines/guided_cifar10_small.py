# Guidance without fine-tuning: genkd_cifar10_small.py with PolicyGradientHook taken out, everything else the same.
_base_ = ['../genkd_cifar10_small.py']

default_hooks = dict(policy_gradient=None)
