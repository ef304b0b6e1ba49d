# The prior's stored chains alone: genkd_cifar10_energy_matching.py that never advances a chain, without fine-tuning,
# all else the same.
_base_ = ['../genkd_cifar10_energy_matching.py']

model = dict(refresh_interval=10**9)
default_hooks = dict(policy_gradient=None)
