"""What is known of datasets inside others."""

import numpy as np
import pytest
from mmrazor.registry import DATASETS

from genkd_mm.datasets.nested import class_names, labels_of, leaves, with_pipeline

INNER = dict(type='SyntheticImages', num_classes=3, image_shape=(1, 2, 2), length=6)
OTHER = dict(INNER, num_classes=2)
REPEAT = dict(type='mmpretrain.RepeatDataset', times=2, dataset=INNER)
CONCAT = dict(type='mmpretrain.ConcatDataset', datasets=[REPEAT, dict(INNER, seed=1)])


@pytest.mark.parametrize('config, number', [(INNER, 1), (REPEAT, 1), (CONCAT, 2)])
def test_labels_and_names_come_from_inside(config, number):
    dataset = DATASETS.build(config)
    assert len(list(leaves(config))) == len(list(leaves(dataset))) == number
    assert labels_of(dataset).tolist() == [0, 1, 2] and class_names(dataset) == ('0', '1', '2')


def test_a_data_set_without_labels_has_none():
    assert labels_of(np.zeros(3)).size == 0 and class_names(np.zeros(3)) is None


def test_other_transforms_reach_the_inside_and_nothing_is_repeated():
    pipeline = [dict(type='mmpretrain.PackInputs')]
    changed = with_pipeline(CONCAT, pipeline)
    assert [part['pipeline'] for part in leaves(changed)] == [pipeline, pipeline]
    assert len(DATASETS.build(changed)) == 12 and len(DATASETS.build(CONCAT)) == 18
