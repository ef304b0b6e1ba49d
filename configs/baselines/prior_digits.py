# The prior as it is: genkd_digits.py whose chains climb the energy alone, without guidance.
_base_ = ['../genkd_digits.py']

model = dict(generator=dict(sampler=dict(guidance=[])))
