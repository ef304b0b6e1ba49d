"""The two sides: the owner's prior, and distillation without data."""

from .ebm_prior import EBMPrior
from .energy_matching_prior import EnergyMatchingPrior
from .genkd import GenKD
from .proxy_prior import ProxyPrior

__all__ = ['EBMPrior', 'EnergyMatchingPrior', 'GenKD', 'ProxyPrior']
