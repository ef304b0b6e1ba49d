"""The two sides: the owner's prior, and distillation without data."""

from .ebm_prior import EBMPrior
from .genkd import GenKD
from .proxy_prior import ProxyPrior

__all__ = ['EBMPrior', 'GenKD', 'ProxyPrior']
