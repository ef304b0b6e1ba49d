"""Street View House Numbers, as torchvision reads them."""

from pathlib import Path

import numpy as np
from mmpretrain.datasets import BaseDataset
from mmrazor.registry import DATASETS
from torchvision import datasets

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
        ConfigError: If the split is unknown, or its file is missing or damaged.
    """

    METAINFO = dict(classes=tuple('0123456789'))

    def __init__(self, data_root: str, split: str, **kwargs) -> None:
        if split not in ('train', 'test', 'extra'):
            raise ConfigError(f'SVHN.split is {split!r}; expected train, test or extra')
        self.split = split
        super().__init__(ann_file='', data_root=data_root, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Images as uint8 RGB arrays (32, 32, 3), 0..255, labels 0..9; called by mmengine."""
        folder, name = Path(self.data_root).expanduser(), f'{self.split}_32x32.mat'
        try:
            found = datasets.SVHN(folder, self.split)  # compares the file's checksum
        except RuntimeError as error:
            raise ConfigError(
                f'SVHN.data_root has no file {str(folder / name)!r}, or it is damaged; download {name} (format 2, '
                f'cropped digits) from {PAGE} into that folder, or change data_root'
            ) from error
        images = np.ascontiguousarray(found.data.transpose(0, 2, 3, 1))
        return [dict(img=image, gt_label=int(label)) for image, label in zip(images, found.labels)]
