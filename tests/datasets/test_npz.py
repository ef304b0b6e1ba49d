import numpy as np
import pytest
from mmrazor.registry import DATASETS

from genkd_mm.utils import ConfigError

IMAGES = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)


def build(folder, **changes):
    return DATASETS.build(dict(type='NpzDataset', data_root=str(folder), ann_file='train.npz', **changes))


def test_images_and_labels_as_stored(tmp_path):
    np.savez(tmp_path / 'train.npz', images=IMAGES, labels=np.array([3, 1]))
    dataset = build(tmp_path, metainfo=dict(classes=list('abcd')))
    items = [dataset.get_data_info(index) for index in range(len(dataset))]
    assert np.array_equal(np.stack([item['img'] for item in items]), IMAGES) and items[0]['img'].dtype == np.uint8
    assert [item['gt_label'] for item in items] == [3, 1] and len(dataset.metainfo['classes']) == 4


def test_grey_images_and_columns_of_labels_in_an_archive_of_several_splits(tmp_path):
    """The layout of MedMNIST."""
    np.savez(
        tmp_path / 'train.npz',
        train_images=IMAGES[..., 0],
        train_labels=np.array([[0], [1]]),
        test_images=IMAGES[:1, ..., 0],
        test_labels=np.array([[1]]),
    )
    dataset = build(tmp_path, images='train_images', labels='train_labels')
    assert np.array_equal(dataset.get_data_info(1)['img'], IMAGES[1, ..., :1])
    assert dataset.get_data_info(1)['gt_label'] == 1


@pytest.mark.parametrize(
    'arrays, found',
    [
        (dict(images=IMAGES), 'no array of the name.*labels.*images= and labels='),
        (dict(images=IMAGES / 255, labels=[0, 1]), 'float64'),
        (dict(images=IMAGES[0, 0], labels=[0] * 5), r'\(5, 3\)'),
        (dict(images=IMAGES, labels=[0, 1, 2]), r'\(3,\)'),
        (dict(images=IMAGES, labels=[0.5, 1]), 'labels of float64'),
        (dict(images=np.array([IMAGES, None], object), labels=[0, 1]), 'cannot be read'),  # could run code
    ],
    ids=['no_labels', 'floats', 'one_row', 'lengths', 'soft_labels', 'objects'],
)
def test_wrong_arrays(tmp_path, arrays, found):
    np.savez(tmp_path / 'train.npz', **arrays)
    with pytest.raises(ConfigError, match=found):
        build(tmp_path)


def test_missing_and_damaged_files(tmp_path):
    with pytest.raises(ConfigError, match='train.npz.* is no file; expected a .npz file; correct'):
        build(tmp_path)
    np.savez(tmp_path / 'train.npz', images=IMAGES, labels=[0, 1])
    whole = (tmp_path / 'train.npz').read_bytes()
    for damaged in (b'', b'<html>', whole[:-40], whole[:100] + b'\0' * 50 + whole[150:]):
        (tmp_path / 'train.npz').write_bytes(damaged)
        with pytest.raises(ConfigError, match='cannot be read'):
            build(tmp_path)
