"""Data sets: labels alone, scikit-learn's digits, SVHN, stored chains, and synthetic images."""
from .digits import Digits
from .label_dataset import LabelDataset
from .resumable import Draw, ResumableSampler, SeededDataset
from .stored_chains import StoredChains
from .svhn import SVHN
from .synthetic import SyntheticImages

__all__ = ['Digits', 'Draw', 'LabelDataset', 'ResumableSampler', 'SVHN', 'SeededDataset', 'StoredChains',
           'SyntheticImages']
