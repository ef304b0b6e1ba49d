import pytest
import torch

from genkd_mm.structures import DataSpec
from genkd_mm.utils import ConfigError

SPEC = DataSpec(classes=('cat', 'dog'), image_shape=(3, 32, 32), mean=(125.3, 123.0, 113.9), std=(63.0, 62.1, 66.7))
SAME = dict(num_classes=2, image_shape=(3, 32, 32), mean=(125.3, 123.0, 113.9), std=(63.0, 62.1, 66.7))


def test_survives_a_checkpoint(tmp_path):
    torch.save(dict(data_spec=SPEC.to_dict()), tmp_path / 'final.pth')
    loaded = torch.load(tmp_path / 'final.pth', weights_only=True)
    assert DataSpec.from_dict(loaded['data_spec']) == SPEC


def test_same_data_passes():
    SPEC.require('prior.pth', **SAME)


def test_lists_of_a_config_pass():
    SPEC.require(
        'prior.pth', **{name: list(value) if isinstance(value, tuple) else value for name, value in SAME.items()}
    )


def test_one_number_stands_for_every_channel():
    spec = DataSpec(classes=('cat', 'dog'), image_shape=(3, 32, 32), mean=(127.5,), std=(127.5,))
    spec.require('prior.pth', **{**SAME, 'mean': (127.5,) * 3, 'std': (127.5,) * 3})


@pytest.mark.parametrize(
    'name, other',
    [
        ('num_classes', 3),
        ('image_shape', (3, 64, 64)),
        ('image_shape', (1, 32, 32)),
        ('mean', (125.3, 123.0, 0.0)),
        ('mean', (125.3,)),
        ('std', (1.0, 1.0, 1.0)),
    ],
)
def test_difference_is_named(name, other):
    with pytest.raises(ConfigError) as error:
        SPEC.require('model.generator (prior.pth)', **{**SAME, name: other})
    text = str(error.value)
    assert text.startswith('model.generator (prior.pth) was trained with')
    assert f'{name}={SAME[name]}' in text and f'{name}={other}' in text  # what was found, what was expected
    assert '\n' not in text


@pytest.mark.parametrize('stored', [dict(classes=['cat', 'dog']), {**SPEC.to_dict(), 'mean': 127.5}])
def test_a_damaged_one_is_one_sentence(stored):
    with pytest.raises(
        ConfigError, match='The data specification of a checkpoint is .*; expected lists of classes, im'
    ):
        DataSpec.from_dict(stored)
