# The prior's stored chains alone: genkd_fashion_mnist_maximum_likelihood.py that never advances a chain.
_base_ = ['../genkd_fashion_mnist_maximum_likelihood.py']

model = dict(refresh_interval=10**9)
