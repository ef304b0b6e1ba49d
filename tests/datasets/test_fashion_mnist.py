"""mmpretrain's Fashion-MNIST, as the config reads it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmrazor.registry import DATASETS

CONFIG = Path(__file__).parents[2] / 'configs/_base_/datasets/fashion_mnist.py'
IMAGES, LABELS = 0x0803, 0x0801  # the IDX format's magic numbers of uint8 in three and in one dimension


def write_idx(path: Path, magic: int, values: np.ndarray) -> None:
    path.write_bytes(np.array([magic, *values.shape], dtype='>i4').tobytes() + values.astype(np.uint8).tobytes())


@pytest.fixture
def folder(tmp_path) -> Path:
    """The four files under their usual names: six training images, four test images."""
    for prefix, number in (('train', 6), ('t10k', 4)):
        images = np.random.default_rng(number).integers(0, 256, (number, 28, 28))
        write_idx(tmp_path / f'{prefix}-images-idx3-ubyte', IMAGES, images)
        write_idx(tmp_path / f'{prefix}-labels-idx1-ubyte', LABELS, np.arange(number) + 1)
    return tmp_path


def test_the_config_trains_on_one_split_and_scores_the_other(folder):
    config = Config.fromfile(CONFIG)
    train, test = (
        DATASETS.build(dict(dataset, data_root=str(folder), download=False))
        for dataset in (config.data_train, config.val_dataloader.dataset)
    )
    assert train.get_gt_labels().tolist() == [1, 2, 3, 4, 5, 6]
    assert test.get_gt_labels().tolist() == [1, 2, 3, 4]  # with split='test' alone, mmpretrain reads the training files
    expected = np.random.default_rng(4).integers(0, 256, (4, 28, 28))
    assert torch.equal(test[2]['inputs'], torch.from_numpy(expected[2].astype(np.uint8))[None])
    assert train.metainfo['classes'][0] == 'T-shirt/top' and config.image_shape == (1, 28, 28)
