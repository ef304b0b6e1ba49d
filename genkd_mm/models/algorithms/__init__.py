"""The two sides: the owner's prior, and distillation without data."""
from .ebm_prior import EBMPrior
from .genkd import GenKD

__all__ = ['EBMPrior', 'GenKD']
