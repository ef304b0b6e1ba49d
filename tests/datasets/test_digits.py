from collections import Counter

import numpy as np
import pytest
import torch
from mmrazor.registry import DATASETS
from sklearn.datasets import load_digits


@pytest.fixture(scope='module')
def splits() -> dict:
    from genkd_mm.datasets import Digits

    return {split: Digits(split) for split in ('train', 'test')}


def pixels(dataset) -> np.ndarray:
    return np.stack([dataset.get_data_info(i)['img'] for i in range(len(dataset))])


def classes(dataset) -> np.ndarray:
    return np.array([dataset.get_data_info(i)['gt_label'] for i in range(len(dataset))])


def test_sizes_and_classes(splits):
    assert (len(splits['train']), len(splits['test'])) == (1297, 500)
    assert splits['train'].metainfo['classes'] == tuple('0123456789')


@pytest.mark.parametrize('split', ['train', 'test'])
def test_images_are_bytes_over_the_full_range(splits, split):
    images = pixels(splits[split])
    assert images.shape[1:] == (8, 8, 1) and images.dtype == np.uint8
    assert (images.min(), images.max()) == (0, 255)


def test_splits_share_no_image_and_lose_none(splits):
    """Image by image, with the label: together the splits are scikit-learn's digits, each once."""
    source = load_digits()
    expected = Counter(
        (np.rint(image * 255 / 16).astype(np.uint8).tobytes(), label)
        for image, label in zip(source.images, source.target)
    )
    found = Counter(
        (image.tobytes(), label)
        for dataset in splits.values()
        for image, label in zip(pixels(dataset), classes(dataset))
    )
    assert found == expected


def test_splits_are_stratified(splits):
    train, test = (np.bincount(classes(splits[split]), minlength=10) for split in ('train', 'test'))
    assert np.abs(test - (train + test) * 500 / 1797).max() < 1


def test_split_is_the_same_each_time(splits):
    from genkd_mm.datasets import Digits

    again = Digits('test')
    assert np.array_equal(pixels(again), pixels(splits['test']))
    assert np.array_equal(classes(again), classes(splits['test']))


def test_pipeline_of_a_config_packs_a_tensor():
    item = DATASETS.build(dict(type='Digits', split='train', pipeline=[dict(type='mmpretrain.PackInputs')]))[0]
    assert item['inputs'].shape == (1, 8, 8) and item['inputs'].dtype == torch.uint8
    assert item['data_samples'].gt_label.shape == (1,)


def test_unknown_split_is_named():
    with pytest.raises(ValueError, match="'val'; expected train or test"):
        DATASETS.build(dict(type='Digits', split='val'))
