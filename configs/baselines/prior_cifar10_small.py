# The prior alone: genkd_cifar10_small_maximum_likelihood.py without guidance of its chains.
_base_ = ['../genkd_cifar10_small_maximum_likelihood.py']

model = dict(generator=dict(sampler=dict(guidance=[])))
