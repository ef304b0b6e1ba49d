# The prior as it is: genkd_cifar10.py whose chains climb the energy alone, without guidance and without
# PolicyGradientHook.
_base_ = ['../genkd_cifar10.py']

model = dict(generator=dict(sampler=dict(guidance=[])))
default_hooks = dict(policy_gradient=None)
