# The prior's stored chains alone: genkd_fashion_mnist.py that never advances a chain, all else the same.
_base_ = ['../genkd_fashion_mnist.py']

model = dict(refresh_interval=10**9)
