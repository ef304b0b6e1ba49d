"""Street View House Numbers."""

from pathlib import Path

import numpy as np
from mmpretrain.datasets import BaseDataset
from mmrazor.registry import DATASETS

from ..utils import ConfigError

PAGE = 'http://ufldl.stanford.edu/housenumbers'


@DATASETS.register_module()
class SVHN(BaseDataset):
    """Street View House Numbers, format 2: colour images of 32 x 32 pixels, cropped to one digit, ten classes.

    Source: Netzer et al., "Reading Digits in Natural Images with Unsupervised Feature Learning", NIPS workshop 2011.
    73,257 training, 26,032 test and 531,131 extra images. Nothing is downloaded.

    Args:
        data_root (str): Folder of ``{split}_32x32.mat``.
        split (str): ``train``, ``test`` or ``extra``.
        **kwargs: As for mmpretrain's ``BaseDataset``, for example ``pipeline``.

    Raises:
        ConfigError: If the split is unknown, or its file is missing or not of format 2.
    """

    METAINFO = dict(classes=tuple('0123456789'))

    def __init__(self, data_root: str, split: str, **kwargs) -> None:
        if split not in ('train', 'test', 'extra'):
            raise ConfigError(f'SVHN.split is {split!r}; expected train, test or extra')
        self.split = split
        super().__init__(ann_file='', data_root=data_root, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Images as uint8 RGB arrays (32, 32, 3), 0..255, labels 0..9; called by mmengine."""
        images, labels = read_mat(Path(self.data_root).expanduser() / f'{self.split}_32x32.mat')
        return [dict(img=image, gt_label=int(label)) for image, label in zip(images, labels)]


def read_mat(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 32, 32, 3), uint8, and labels (N,), 0..9; the file calls the digit 0 a 10."""
    from scipy.io import loadmat

    advice = f'download {path.name} (format 2, cropped digits) from {PAGE}'
    if not path.is_file():
        raise ConfigError(
            f'SVHN.data_root has no file {str(path)!r}; expected it to hold X (32, 32, 3, N) and y; '
            f'{advice} into that folder, or change data_root'
        )
    try:
        content = loadmat(path, variable_names=('X', 'y'))
        images, labels = content['X'], content['y'].ravel()
        if images.shape != (32, 32, 3, len(labels)) or images.dtype != np.uint8:
            raise ValueError(f'X is {images.dtype} {images.shape}, y has {len(labels)} labels')
    except (ValueError, KeyError, TypeError, OSError, NotImplementedError) as error:
        raise ConfigError(
            f'SVHN.data_root has a file {str(path)!r} that cannot be read ({error}); expected uint8 X '
            f'(32, 32, 3, N) and N labels y; {advice} again'
        ) from error
    return np.ascontiguousarray(images.transpose(3, 0, 1, 2)), labels % 10
