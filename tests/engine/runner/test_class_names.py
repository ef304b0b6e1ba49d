"""Datasets without class names train; datasets whose classes are not those of the networks do not."""

import numpy as np
import pytest
from PIL import Image

from genkd_mm.apis import train
from genkd_mm.engine.runner.labels import require_order
from genkd_mm.utils import ConfigError

from .teacher_run import load, teacher_run

PACK = [dict(type='mmpretrain.PackInputs')]


@pytest.fixture
def npz(tmp_path):
    """Images of 1 x 8 x 8 in ten classes, without names."""
    path = tmp_path / 'data.npz'
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    np.savez(path, images=images, labels=np.arange(40) % 10)
    return dict(type='NpzDataset', ann_file=str(path), pipeline=PACK)


@pytest.fixture
def listed(tmp_path):
    """Image files that a text file lists with their labels."""
    lines = []
    for index in range(20):
        Image.fromarray(np.full((8, 8), index * 12, np.uint8)).save(tmp_path / f'{index}.png')
        lines.append(f'{index}.png {index % 10}')
    (tmp_path / 'list.txt').write_text('\n'.join(lines))
    return dict(
        type='mmpretrain.CustomDataset',
        data_root=str(tmp_path),
        ann_file='list.txt',
        pipeline=[dict(type='mmpretrain.LoadImageFromFile', color_type='grayscale'), *PACK],
    )


@pytest.mark.parametrize('kind', ['npz', 'listed'])
def test_classes_without_names_get_their_numbers(tmp_path, request, kind):
    config = teacher_run(tmp_path / 'work', **{'train_cfg.max_iters': 2})
    config.train_dataloader.dataset = config.val_dataloader.dataset = request.getfixturevalue(kind)
    train(config)
    assert load(tmp_path / 'work' / 'iter_2.pth')['data_spec']['classes'] == list('0123456789')


def test_images_that_cannot_be_described_stop_a_run_before_it_begins(tmp_path, npz):
    config = teacher_run(tmp_path / 'work')
    config.train_dataloader.dataset = dict(npz, pipeline=[])
    with pytest.raises(ConfigError, match="gives items without 'inputs'; end its pipeline with"):
        train(config)
    assert not list((tmp_path / 'work').glob('*.pth'))


@pytest.mark.parametrize(
    'classes, words',
    [
        ([*'0123456789', '.'], 'val_dataloader.dataset has 11 classes .* the networks have 10 outputs'),
        (list('1023456789'), "class 0 is '0' in train_dataloader.dataset but '1' in val_dataloader.dataset"),
    ],
)
def test_an_evaluation_set_of_other_classes_is_refused(tmp_path, npz, classes, words):
    config = teacher_run(tmp_path / 'work')
    config.val_dataloader.dataset = dict(npz, metainfo=dict(classes=classes))
    with pytest.raises(ConfigError, match=words):
        train(config)


def test_labels_of_the_evaluation_set_are_looked_at(tmp_path, npz):
    np.savez(tmp_path / 'data.npz', images=np.zeros((2, 8, 8), np.uint8), labels=np.array([3, 10]))
    config = teacher_run(tmp_path / 'work')
    config.val_dataloader.dataset = dict(type='mmpretrain.RepeatDataset', times=2, dataset=npz)
    with pytest.raises(ConfigError, match='val_dataloader.dataset has the label 10 but the networks have 10 outputs'):
        train(config)


def test_other_words_for_the_classes_are_no_error():
    require_order(('cat', 'dog'), ('n01', 'n02'))
    require_order(None, ('cat', 'dog'))
