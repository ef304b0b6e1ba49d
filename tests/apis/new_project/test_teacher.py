"""What a teacher's files tell, and what is asked for."""

import pytest
import torch

from genkd_mm.apis.new_project.teacher import read_teacher
from genkd_mm.utils import ConfigError

CONFIG = """
model = dict(
    type='ImageClassifier', pretrained='gone.pth', train_cfg=dict(augments=[]),
    backbone=dict(type='mmrazor.SmallConvNet', in_channels=3, width=4, init_cfg=dict(type='Pretrained')))
default_scope = 'mmpretrain'
custom_imports = dict(imports=['mine'], allow_failed_imports=True)
"""
PREPROCESSOR = 'data_preprocessor = dict(mean=[1, 2, 3], std=[4, 5, 6], to_rgb=True)\n'
FILES = "val_dataloader = dict(dataset=dict(type='CustomDataset', pipeline=[dict(type='LoadImageFromFile')]))\n"


@pytest.fixture
def teacher(tmp_path):
    """Factory: the paths of a teacher whose config has these lines too."""

    def make(lines=''):
        (tmp_path / 'config.py').write_text(CONFIG + lines)
        state = dict(weight=torch.zeros(4, 3, 3, 3))
        torch.save(dict(state_dict=state, meta=dict(dataset_meta=dict(classes=['a', 'b']))), tmp_path / 'teacher.pth')
        return str(tmp_path / 'config.py'), str(tmp_path / 'teacher.pth')

    return make


def test_config_and_checkpoint_tell_all(teacher):
    found = read_teacher(*teacher(PREPROCESSOR + FILES))
    assert found.model == dict(
        _scope_='mmpretrain', type='ImageClassifier', backbone=dict(type='mmrazor.SmallConvNet', in_channels=3, width=4)
    )
    assert (found.mean, found.std, found.order) == ([1, 2, 3], [4, 5, 6], 'rgb')
    assert (found.channels, found.classes, found.imports) == (3, ('a', 'b'), ['mine'])


def test_files_that_are_not_turned_are_bgr(teacher):
    assert read_teacher(*teacher(PREPROCESSOR.replace('True', 'False') + FILES)).order == 'bgr'


def test_options_come_first(teacher):
    found = read_teacher(*teacher(PREPROCESSOR + FILES), [9, 9, 9], [8, 8, 8], 'bgr')
    assert (found.mean, found.std, found.order) == ([9, 9, 9], [8, 8, 8], 'bgr')


@pytest.mark.parametrize(
    'lines, option',
    [
        ('', '--mean'),
        (PREPROCESSOR.replace('std', 'deviation'), '--std'),
        (PREPROCESSOR.replace('True', 'False'), '--channel-order'),
    ],
)
def test_where_nobody_can_answer_the_option_is_named(teacher, monkeypatch, lines, option):
    monkeypatch.setattr('sys.stdin.isatty', lambda: False, raising=False)
    with pytest.raises(ConfigError, match=option):
        read_teacher(*teacher(lines))


def test_a_person_is_asked(teacher, monkeypatch):
    answers = iter(['', '1, 2, 3', '4 5 6', 'bgr'])
    monkeypatch.setattr('sys.stdin', type('Terminal', (), dict(isatty=lambda self: True))())
    monkeypatch.setattr('builtins.input', lambda question: next(answers))
    found = read_teacher(*teacher())
    assert (found.mean, found.std, found.order) == ([1, 2, 3], [4, 5, 6], 'bgr')


def test_answers_that_do_not_fit_are_refused(teacher, monkeypatch):
    with pytest.raises(ConfigError, match=r"--mean is \['dark'\]; expected numbers, one for each channel"):
        read_teacher(*teacher(PREPROCESSOR + FILES), ['dark'])
    monkeypatch.setattr('sys.stdin', type('Terminal', (), dict(isatty=lambda self: True))())
    monkeypatch.setattr('builtins.input', lambda question: 'gbr')
    with pytest.raises(ConfigError, match="--channel-order is 'gbr'; expected rgb or bgr"):
        read_teacher(*teacher(PREPROCESSOR.replace('True', 'False')))


def test_a_network_without_convolutions_is_refused(teacher):
    config, checkpoint = teacher(PREPROCESSOR + FILES)
    torch.save(dict(state_dict=dict(weight=torch.zeros(4, 3))), checkpoint)
    with pytest.raises(ConfigError, match='has no convolution, which would tell the channels of its images'):
        read_teacher(config, checkpoint)
