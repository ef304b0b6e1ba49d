# The prior alone: genkd_digits.py without guidance of its chains.
_base_ = ['../genkd_digits.py']

model = dict(generator=dict(sampler=dict(guidance=[])))
