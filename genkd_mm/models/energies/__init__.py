"""Energies and the smooth networks that they are made of."""

from .classifier_energy import ClassifierEnergy, energy_of_logits, require_smooth
from .flat_energy import FlatEnergy
from .smooth_wide_resnet import SmoothWideResNet

__all__ = ['ClassifierEnergy', 'FlatEnergy', 'SmoothWideResNet', 'energy_of_logits', 'require_smooth']
