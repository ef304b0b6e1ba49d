# The prior as it is: genkd_cifar10_small.py whose chains climb the energy alone, without guidance.
_base_ = ['../genkd_cifar10_small.py']

model = dict(generator=dict(sampler=dict(guidance=[])))
