"""In which order of the channels a config's networks take images, told by its datasets and never guessed."""

import pytest
from mmengine.config import Config

from genkd_mm.models.student import evaluation_steps, find_classes, network_order
from genkd_mm.utils import ConfigError

FILES = dict(
    type='mmpretrain.CustomDataset',
    data_root='x',
    classes=['a', 'b'],
    pipeline=[dict(type='mmpretrain.LoadImageFromFile'), dict(type='mmpretrain.PackInputs')],
)
MEMORY = dict(type='NpzDataset', ann_file='x.npz', pipeline=[dict(type='mmpretrain.PackInputs')])
REPEATED = dict(type='mmpretrain.RepeatDataset', times=2, dataset=FILES)
JOINED = dict(type='mmpretrain.ConcatDataset', datasets=[FILES, FILES])
LABELS = dict(type='LabelDataset', num_classes=2)


def config(**datasets):
    return Config({f'{name}_dataloader': dict(dataset=dataset) for name, dataset in datasets.items()})


@pytest.mark.parametrize('dataset', [FILES, REPEATED, JOINED])
@pytest.mark.parametrize('loader', ['val', 'test', 'train'])
def test_files_are_read_as_bgr_wherever_they_are(loader, dataset):
    found = config(**{'train': LABELS, loader: dataset})
    assert network_order(found, {}) == network_order(found, dict(to_rgb=False)) == 'bgr'
    assert network_order(found, dict(to_rgb=True)) == 'rgb'


@pytest.mark.parametrize(
    'dataset, order', [(MEMORY, 'rgb'), (dict(type='PseudoSampleDataset', channel_order='bgr'), 'bgr')]
)
def test_arrays_are_as_they_say(dataset, order):
    assert network_order(config(val=dataset), {}) == order
    assert network_order(config(val=dataset), dict(to_rgb=True)) == ('bgr' if order == 'rgb' else 'rgb')


def test_where_nothing_tells_the_user_is_asked():
    with pytest.raises(ConfigError, match='it is unknown whether the student takes RGB or BGR; add --channel-order'):
        network_order(config(train=LABELS), {})
    assert network_order(config(train=LABELS), dict(to_rgb=True)) == 'rgb'


def test_transforms_and_names_of_an_evaluation_set_inside_another():
    found = config(val=REPEATED)
    assert [step['type'] for step in evaluation_steps(found)] == [step['type'] for step in FILES['pipeline']]
    assert find_classes(found, {}, 2) == ['a', 'b']
