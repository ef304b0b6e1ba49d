# The prior as it is: genkd_fashion_mnist.py whose chains climb the energy alone, without guidance.
_base_ = ['../genkd_fashion_mnist.py']

model = dict(generator=dict(sampler=dict(guidance=[])))
