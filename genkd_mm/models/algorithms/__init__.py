"""The two sides: the owner's prior, and distillation without data."""

from .autoencoder_training import AutoencoderTraining
from .ebm_prior import EBMPrior
from .energy_matching_prior import EnergyMatchingPrior
from .genkd import GenKD
from .proxy_prior import ProxyEnergyMatchingPrior, ProxyPrior, TeacherLabels

__all__ = [
    'AutoencoderTraining',
    'EBMPrior',
    'EnergyMatchingPrior',
    'GenKD',
    'ProxyEnergyMatchingPrior',
    'ProxyPrior',
    'TeacherLabels',
]
