# The prior's stored chains alone: genkd_fashion_mnist.py that advances no chain and does not fine-tune.
_base_ = ['../genkd_fashion_mnist.py']

model = dict(refresh_interval=10**9)
default_hooks = dict(policy_gradient=None)
