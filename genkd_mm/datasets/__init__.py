"""Data sets: labels alone, stored pseudo samples, scikit-learn's digits, SVHN, and synthetic images."""
from .digits import Digits
from .label_dataset import LabelDataset
from .pseudo_samples import PseudoSampleDataset
from .svhn import SVHN
from .synthetic import SyntheticImages

__all__ = ['Digits', 'LabelDataset', 'PseudoSampleDataset', 'SVHN', 'SyntheticImages']
