"""Energies and the smooth networks that they are made of."""

from .classifier_energy import ClassifierEnergy, log_density, require_smooth
from .flat_energy import FlatEnergy
from .flatten_neck import FlattenNeck
from .smooth_wide_resnet import SmoothWideResNet

__all__ = ['ClassifierEnergy', 'FlatEnergy', 'FlattenNeck', 'SmoothWideResNet', 'log_density', 'require_smooth']
