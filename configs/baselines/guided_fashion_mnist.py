# Guidance without fine-tuning: genkd_fashion_mnist.py with PolicyGradientHook taken out, everything else the same.
_base_ = ['../genkd_fashion_mnist.py']

default_hooks = dict(policy_gradient=None)
