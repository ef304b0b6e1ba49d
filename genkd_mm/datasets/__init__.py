"""Data sets: labels alone, scikit-learn's digits, and synthetic images."""
from .digits import Digits
from .label_dataset import LabelDataset
from .synthetic import SyntheticImages

__all__ = ['Digits', 'LabelDataset', 'SyntheticImages']
