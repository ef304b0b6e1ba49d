"""Handwritten digits that need no download."""

import functools

import numpy as np
from mmpretrain.datasets import BaseDataset
from mmrazor.registry import DATASETS


@DATASETS.register_module()
class Digits(BaseDataset):
    """scikit-learn's digits: 1,797 grey images of 8 x 8 pixels, ten classes, from the package itself.

    Source: Alpaydin and Kaynak, UCI "Optical Recognition of Handwritten Digits", 1998. The split is fixed, stratified:
    1,297 training and 500 test images.

    Args:
        split (str): ``train`` or ``test``.
        **kwargs: As for mmpretrain's ``BaseDataset``, for example ``pipeline``.

    Raises:
        ValueError: If the split is unknown.
    """

    METAINFO = dict(classes=tuple('0123456789'))

    def __init__(self, split: str, **kwargs) -> None:
        if split not in ('train', 'test'):
            raise ValueError(f'Digits.split is {split!r}; expected train or test')
        self.split = split
        super().__init__(ann_file='', **kwargs)

    def load_data_list(self) -> list[dict]:
        """Images as uint8 arrays (8, 8, 1), 0..255; called by mmengine."""
        images, labels, indices = _digits()
        return [dict(img=images[i].copy(), gt_label=int(labels[i])) for i in indices[self.split]]


@functools.cache
def _digits() -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """All images, all labels, and the indices of each split; parsing them takes a third of a second."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[..., None]
    train, test = train_test_split(np.arange(len(images)), test_size=500, random_state=0, stratify=digits.target)
    return images, digits.target, dict(train=train, test=test)
