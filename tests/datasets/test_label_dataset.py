from itertools import islice

import pytest
import torch
from mmengine.dataset import InfiniteSampler, pseudo_collate
from mmrazor.registry import DATASETS, MODELS
from torch.utils.data import DataLoader


def make(**kwargs):
    return DATASETS.build(dict(type='LabelDataset', **{'num_classes': 10, **kwargs}))


@pytest.mark.parametrize('shuffle', [True, False])
def test_labels_are_balanced_over_a_pass(shuffle):
    dataset = make(length=60)
    sampler = InfiniteSampler(dataset, shuffle=shuffle, seed=3)
    drawn = [dataset[index]['data_samples'].gt_label.item() for index in islice(sampler, 60)]
    assert torch.tensor(drawn).bincount().tolist() == [6] * 10


def test_labels_differ_by_one_where_the_length_does_not_divide():
    dataset = make(num_classes=7, length=30)
    counts = torch.cat([dataset[index]['data_samples'].gt_label for index in range(30)]).bincount()
    assert len(counts) == 7 and counts.max() - counts.min() == 1


@pytest.mark.parametrize('channels', [1, 3])
def test_batch_passes_mmpretrains_preprocessor(channels):
    """What mmrazor's loop does with a batch before the algorithm takes its labels."""
    dataset = make(channels=channels, length=40)
    batch = next(iter(DataLoader(dataset, batch_size=8, collate_fn=pseudo_collate)))
    preprocessor = MODELS.build(
        dict(type='mmpretrain.ClsDataPreprocessor', mean=[100.0] * channels, std=[50.0] * channels, num_classes=10)
    )
    data = preprocessor(batch, training=True)
    assert data['inputs'].shape == (8, channels, 1, 1)
    assert torch.equal(data['inputs'].cpu(), torch.full((8, channels, 1, 1), -2.0))  # black, normalised
    assert torch.cat([sample.gt_label for sample in data['data_samples']]).tolist() == list(range(8))


def test_items_do_not_share_their_labels():
    dataset = make()
    first = dataset[0]['data_samples']
    dataset[0]['data_samples'].set_gt_label(5)
    assert first.gt_label.item() == dataset[0]['data_samples'].gt_label.item() == 0


def test_iteration_ends():
    dataset = make(length=12)
    assert len(dataset) == len([dataset[i] for i in range(12)]) == 12
    assert sum(1 for _ in dataset) == 12  # Python's own protocol: __getitem__ until IndexError


@pytest.mark.parametrize('index', [12, -1])
def test_index_outside_is_an_error(index):
    with pytest.raises(IndexError):
        make(length=12)[index]


def test_class_names():
    assert make(num_classes=2).metainfo['classes'] == ('0', '1')
    assert make(num_classes=2, classes=['cat', 'dog']).metainfo['classes'] == ('cat', 'dog')
