"""Folders and files whose names begin with a dot, as notebooks and file browsers leave them, are no data."""

import pytest
from mmrazor.registry import DATASETS
from PIL import Image

CLASSES = ('cat', 'dog')


@pytest.fixture
def folder(tmp_path):
    for name in (*CLASSES, '.ipynb_checkpoints', 'cat/.ipynb_checkpoints'):
        (tmp_path / name).mkdir()
        Image.new('RGB', (2, 2)).save(tmp_path / name / 'x.png')
    (tmp_path / 'dog' / '._x.png').write_bytes(b'of a Mac')
    return tmp_path


@pytest.mark.parametrize('kind', ['mmpretrain.CustomDataset', 'PseudoSampleDataset'])
def test_classes_and_images_are_those_that_can_be_seen(folder, kind):
    dataset = DATASETS.build(dict(type=kind, data_root=str(folder)))
    assert dataset.metainfo['classes'] == CLASSES
    assert dataset.get_gt_labels().tolist() == [0, 1]


def test_without_labels_too(folder):
    unlabelled = DATASETS.build(dict(type='mmpretrain.CustomDataset', data_root=str(folder), with_label=False))
    assert len(unlabelled) == 2
    samples = dict(type='PseudoSampleDataset', data_root=str(folder), labels='none', num_classes=2)
    assert len(DATASETS.build(samples)) == 2


def test_a_data_set_in_a_hidden_folder_is_seen(tmp_path):
    root = tmp_path / '.cache' / 'data'
    for name in CLASSES:
        (root / name).mkdir(parents=True)
        Image.new('RGB', (2, 2)).save(root / name / 'x.png')
    for kind in ('mmpretrain.CustomDataset', 'PseudoSampleDataset'):
        assert len(DATASETS.build(dict(type=kind, data_root=str(root)))) == 2
