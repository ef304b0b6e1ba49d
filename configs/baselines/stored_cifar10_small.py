# Nothing but the stored chains of the prior by maximum likelihood: genkd_cifar10_small_maximum_likelihood.py that
# never advances a chain, all else the same.
_base_ = ['../genkd_cifar10_small_maximum_likelihood.py']

model = dict(refresh_interval=10**9)
