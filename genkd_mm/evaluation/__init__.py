"""How good samples are: functions of features and pixels, with no config."""

from .distances import mean_pairwise_distance, nearest, precision_recall
from .extractors import InceptionFeatures, TeacherFeatures
from .quality import METRICS, ImageSet, measure
from .scores import confidence, frechet_distance, inception_score

__all__ = [
    'METRICS',
    'ImageSet',
    'InceptionFeatures',
    'TeacherFeatures',
    'confidence',
    'frechet_distance',
    'inception_score',
    'mean_pairwise_distance',
    'measure',
    'nearest',
    'precision_recall',
]
