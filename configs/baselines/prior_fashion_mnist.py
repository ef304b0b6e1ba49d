# The prior by maximum likelihood as it is: genkd_fashion_mnist_maximum_likelihood.py whose chains climb the energy
# alone, without guidance.
_base_ = ['../genkd_fashion_mnist_maximum_likelihood.py']

model = dict(generator=dict(sampler=dict(guidance=[])))
