"""Data sets: labels alone, stored pseudo samples, scikit-learn's digits, SVHN, and synthetic images."""
from .digits import Digits
from .label_dataset import LabelDataset
from .pseudo_samples import PseudoSampleDataset
from .resumable import Draw, ResumableSampler, SeededDataset
from .svhn import SVHN
from .synthetic import SyntheticImages

__all__ = ['Digits', 'Draw', 'LabelDataset', 'PseudoSampleDataset', 'ResumableSampler', 'SVHN', 'SeededDataset',
           'SyntheticImages']
