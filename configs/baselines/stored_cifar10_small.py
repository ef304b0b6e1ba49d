# The prior's stored chains alone: genkd_cifar10_small.py that never advances a chain, all else the same.
_base_ = ['../genkd_cifar10_small.py']

model = dict(refresh_interval=10**9)
