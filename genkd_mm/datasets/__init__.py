"""Data sets: labels alone, scikit-learn's digits, SVHN, and synthetic images."""
from .digits import Digits
from .label_dataset import LabelDataset
from .svhn import SVHN
from .synthetic import SyntheticImages

__all__ = ['Digits', 'LabelDataset', 'SVHN', 'SyntheticImages']
