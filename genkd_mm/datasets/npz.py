"""Images and labels in a NumPy archive."""

import zipfile
from pathlib import Path

import numpy as np
from mmpretrain.datasets import BaseDataset
from mmrazor.registry import DATASETS

from ..utils import ConfigError


@DATASETS.register_module()
class NpzDataset(BaseDataset):
    """Images and labels in one ``.npz`` file, as ``numpy.savez`` writes it; MedMNIST's files are such ones.

    Args:
        ann_file (str): The file, in ``data_root`` if that is given.
        images (str): Name of the images' array: uint8, 0..255, of shape (N, H, W) or (N, H, W, C), where a C of 3 is
            RGB. Defaults to ``images``.
        labels (str): Name of the labels' array: N integers. Defaults to ``labels``.
        **kwargs: As for mmpretrain's ``BaseDataset``, for example ``data_root``, ``metainfo`` (``dict(classes=...)``)
            and ``pipeline``.

    Raises:
        ConfigError: If the file is missing, or is not what it should be. Arrays of Python objects are not read, since
            they may run code.
    """

    def __init__(self, ann_file: str, images: str = 'images', labels: str = 'labels', **kwargs) -> None:
        self.images, self.labels = images, labels
        super().__init__(ann_file=ann_file, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Images as uint8 arrays (H, W, C), 0..255; called by mmengine."""
        images, labels = read_npz(Path(self.ann_file).expanduser(), self.images, self.labels)
        return [dict(img=image, gt_label=int(label)) for image, label in zip(images, labels)]


def read_npz(path: Path, image_name: str, label_name: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, H, W, C), uint8, and labels (N,)."""
    if not path.is_file():
        raise ConfigError(
            f'NpzDataset.ann_file names {str(path)!r}, which is no file; expected a .npz file; correct '
            'ann_file or data_root'
        )
    expected = 'expected uint8 images (N, H, W) or (N, H, W, C) and N integer labels'
    try:
        with np.load(path, allow_pickle=False) as archive:
            images, labels = (archive[name] for name in (image_name, label_name))
    except KeyError as error:
        raise ConfigError(
            f'NpzDataset.ann_file {str(path)!r} has no array of the name {error}; {expected}; name them '
            'with images= and labels='
        ) from error
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ConfigError(
            f'NpzDataset.ann_file {str(path)!r} cannot be read ({error}); {expected}; write it with numpy.savez'
        ) from error
    labels = labels.reshape(-1)
    if (
        images.dtype != np.uint8
        or images.ndim not in (3, 4)
        or not np.issubdtype(labels.dtype, np.integer)
        or len(images) != len(labels)
    ):
        raise ConfigError(
            f'NpzDataset.ann_file {str(path)!r} holds {image_name} of {images.dtype} {images.shape} and '
            f'{label_name} of {labels.dtype} ({len(labels)},); {expected}'
        )
    return images if images.ndim == 4 else images[..., None], labels
