# The prior's stored chains alone: genkd_digits.py that never advances a chain, all else the same.
_base_ = ['../genkd_digits.py']

model = dict(refresh_interval=10**9)
