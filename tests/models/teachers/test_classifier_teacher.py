"""A classifier of this process behind the interface of a black box."""

import pytest
import torch
from mmrazor.registry import MODELS

from genkd_mm.utils import ConfigError

MEAN, STD = [77.8], [95.9]


@pytest.fixture
def build(teacher, teacher_config, tmp_path):
    """Factory: the fixture ``teacher`` as a black box."""
    spec = dict(classes=list('0123456789'), image_shape=[1, 8, 8], mean=MEAN, std=STD)
    torch.save(dict(state_dict=teacher.state_dict(), data_spec=spec), tmp_path / 'teacher.pth')

    def make(**options):
        config = dict(
            type='ClassifierTeacher', classifier=teacher_config, ckpt_path=str(tmp_path / 'teacher.pth'),
            num_classes=10, mean=MEAN, std=STD, floor=1e-12,
        )  # fmt: skip
        return MODELS.build({**config, **options})

    return make


@pytest.fixture
def normalised():
    """Five images whose pixels are in 0..255, in the classifiers' space."""
    return (torch.rand(5, 1, 8, 8) * 255 - MEAN[0]) / STD[0]


@pytest.mark.parametrize('answers', ['logits', 'probabilities', 'labels'])
def test_it_answers_as_its_network(build, teacher, normalised, answers):
    with torch.no_grad():
        logits = teacher(normalised, mode='tensor')
    pixels = normalised * STD[0] + MEAN[0]
    expected = dict(logits=logits, probabilities=logits.softmax(1), labels=logits.argmax(1))[answers]
    with torch.no_grad():
        assert torch.allclose(build(answers=answers).ask(pixels), expected, atol=1e-4)
    found = build(answers=answers)(normalised)
    assert torch.equal(found.argmax(1), logits.argmax(1)) and not found.requires_grad


def test_nobody_sees_its_network(build):
    black_box = build()
    assert not black_box.state_dict() and not list(black_box.parameters())
    assert [name for name, _ in black_box.named_modules()] == ['', 'logits']


@pytest.mark.parametrize(
    'options, reason',
    [
        (dict(ckpt_path='nowhere.pth'), "is 'nowhere.pth', which does not exist"),
        (dict(mean=[0.0]), r'was trained with mean=\(77.8,\) but the config expects mean=\(0.0,\)'),
        (dict(num_classes=7), 'was trained with num_classes=10 but the config expects num_classes=7'),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(build, options, reason):
    with pytest.raises(ConfigError, match=f'ClassifierTeacher.ckpt_path .*{reason}'):
        build(**options)
