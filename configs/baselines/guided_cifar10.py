# Guidance without fine-tuning: genkd_cifar10.py with PolicyGradientHook taken out, everything else the same.
_base_ = ['../genkd_cifar10.py']

default_hooks = dict(policy_gradient=None)
