"""Criteria: costs of single images, used as rewards, as guidance of the chain, or as logged metrics."""

from .base import Criterion, build_criteria, require_gradients, weighted_cost
from .batch_norm_statistics import BatchNormStatistics
from .disagreement import Disagreement
from .distiller_criterion import DistillerCriterion
from .frozen_networks import FrozenNetworks
from .image_priors import ImageNorm, TotalVariation
from .teacher_cross_entropy import StudentCrossEntropy, TeacherCrossEntropy

__all__ = [
    'BatchNormStatistics',
    'Criterion',
    'Disagreement',
    'DistillerCriterion',
    'ImageNorm',
    'FrozenNetworks',
    'StudentCrossEntropy',
    'TeacherCrossEntropy',
    'TotalVariation',
    'build_criteria',
    'require_gradients',
    'weighted_cost',
]
