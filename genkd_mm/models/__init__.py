"""Backbones, energies, criteria, the generator, the algorithms and their objectives."""

from .algorithms import EBMPrior, GenKD, ProxyPrior
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
from .energies import ClassifierEnergy, FlatEnergy, SmoothWideResNet
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
    'FlatEnergy',
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
