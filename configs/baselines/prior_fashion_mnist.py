# The prior alone: genkd_fashion_mnist_maximum_likelihood.py without guidance of its chains.
_base_ = ['../genkd_fashion_mnist_maximum_likelihood.py']

model = dict(generator=dict(sampler=dict(guidance=[])))
