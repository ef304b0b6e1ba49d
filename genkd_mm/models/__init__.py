"""Backbones, energies, criteria, the generator, the algorithms and their objectives."""

from .algorithms import EBMPrior, EnergyMatchingPrior, GenKD, ProxyEnergyMatchingPrior, ProxyPrior, TeacherLabels
from .backbones import CIFARResNet, SmallConvNet
from .criteria import (
    BatchNormStatistics,
    Criterion,
    Disagreement,
    DistillerCriterion,
    FrozenNetworks,
    ImageNorm,
    StudentCrossEntropy,
    TeacherCrossEntropy,
    TotalVariation,
)
from .energies import ClassifierEnergy, FlatEnergy, FlattenNeck, SmoothWideResNet
from .generators import EBMGenerator, GreyGenerator
from .teachers import BlackBoxTeacher, CallableTeacher, HTTPTeacher, ONNXTeacher

__all__ = [
    'BatchNormStatistics',
    'BlackBoxTeacher',
    'CIFARResNet',
    'CallableTeacher',
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
    'HTTPTeacher',
    'ImageNorm',
    'FrozenNetworks',
    'ONNXTeacher',
    'ProxyEnergyMatchingPrior',
    'ProxyPrior',
    'SmallConvNet',
    'SmoothWideResNet',
    'StudentCrossEntropy',
    'TeacherCrossEntropy',
    'TeacherLabels',
    'TotalVariation',
]
