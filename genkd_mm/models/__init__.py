"""Backbones, energies, criteria, the generator, the algorithms and their objectives."""

from .algorithms import EBMPrior, EnergyMatchingPrior, GenKD, ProxyPrior
from .backbones import CIFARResNet, SmallConvNet
from .criteria import (
    BatchNormStatistics,
    Criterion,
    Disagreement,
    DistillerCriterion,
    FrozenNetworks,
    ImageNorm,
    TeacherCrossEntropy,
    TotalVariation,
)
from .energies import ClassifierEnergy, FlatEnergy, FlattenNeck, SmoothWideResNet
from .generators import EBMGenerator, GreyGenerator

__all__ = [
    'BatchNormStatistics',
    'CIFARResNet',
    'ClassifierEnergy',
    'Criterion',
    'Disagreement',
    'DistillerCriterion',
    'EBMGenerator',
    'EBMPrior',
    'EnergyMatchingPrior',
    'FlatEnergy',
    'FlattenNeck',
    'GenKD',
    'GreyGenerator',
    'ImageNorm',
    'FrozenNetworks',
    'ProxyPrior',
    'SmallConvNet',
    'SmoothWideResNet',
    'TeacherCrossEntropy',
    'TotalVariation',
]
