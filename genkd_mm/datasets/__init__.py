"""Datasets: labels alone, stored samples and chains, NumPy archives, scikit-learn's digits, SVHN, and synthetic images.
One transform, for images of other datasets."""

from .digits import Digits
from .label_dataset import LabelDataset
from .npz import NpzDataset
from .object_on_black import ObjectOnBlack
from .pseudo_samples import PseudoSampleDataset
from .resumable import Draw, ResumableSampler, SeededDataset
from .stored_chains import StoredChains
from .svhn import SVHN
from .synthetic import SyntheticImages

__all__ = [
    'Digits',
    'Draw',
    'LabelDataset',
    'NpzDataset',
    'ObjectOnBlack',
    'PseudoSampleDataset',
    'ResumableSampler',
    'SVHN',
    'SeededDataset',
    'StoredChains',
    'SyntheticImages',
]
