"""The configs of a project."""

from collections import Counter
from pathlib import Path

import pytest
import torch
from mmrazor.registry import MODELS

from genkd_mm.apis.new_project.configs import classifier, energy, literal, plan, write_configs
from genkd_mm.apis.new_project.data import Data
from genkd_mm.apis.new_project.teacher import Teacher
from genkd_mm.engine.runner.config import load_config

NAMES = ('teacher', 'prior', 'student', 'student_without_images')


def data(number=5000, path='images'):
    sizes = Counter({(40, 30): number})
    return Data(Path(path), tuple('abc'), [('a/1.png', 0)], [], dict(train=number, test=9), sizes, 3)


def teacher(sizes, order='rgb'):
    return Teacher(
        classifier(8, sizes, 3), ['mmpretrain.models'], [1.0] * 3, [2.0] * 3, order, sizes.image_shape[0], None
    )


@pytest.mark.parametrize('shape', [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 45, 45), (3, 64, 64)])
def test_networks_take_the_images(shape):
    sizes = plan(data(), shape)
    for network in (classifier(8, sizes, 3), energy(sizes, 3)):
        assert MODELS.build(network)(torch.zeros(2, *shape), mode='tensor').shape == (2, 3)


def test_few_images_are_not_seen_too_often():
    sizes = plan(data(number=100), (3, 32, 32))
    assert sizes.prior * 32 / 100 <= 300 and sizes.chains % 3 == 0
    assert plan(data(), (3, 32, 32)).prior == 8000


@pytest.mark.parametrize('shape', [(1, 8, 8), (3, 32, 32)])
def test_short_configs_that_read_what_was_found(tmp_path, shape):
    sizes = plan(data(), shape)
    write_configs(tmp_path, data(), teacher(sizes), sizes, True)
    for path in tmp_path.glob('*.py'):
        lines = path.read_text().splitlines()
        assert len(lines) <= 25 and max(map(len, lines)) <= 120 + len(str(tmp_path)), path
    config = {name: load_config(str(tmp_path / f'{name}.py')) for name in NAMES}
    assert config['teacher'].model == config['student'].model.teachers.teacher.build_cfg
    assert config['prior'].model.generator.image_shape == config['student'].model.generator.image_shape == shape
    for part in ('replay_buffer.capacity', 'energy.classifier'):
        one, other = (config[name].model.generator for name in ('prior', 'student'))
        for key in part.split('.'):
            one, other = one.get(key), other.get(key)
        assert one == other
    assert config['student'].custom_imports.imports == ['genkd_mm', 'mmpretrain.models']
    assert config['student'].val_dataloader and not config['student_without_images'].val_dataloader


@pytest.mark.parametrize(
    'order, archive, turned', [('rgb', False, True), ('bgr', False, False), ('rgb', True, False), ('bgr', True, True)]
)
def test_colours_reach_the_teacher_in_its_order(tmp_path, order, archive, turned):
    """Files are read as BGR, archives hold RGB."""
    (tmp_path / 'x.npz').touch()
    found = data(path=tmp_path / 'x.npz' if archive else 'images')._replace(train=('a', 'b'), test=('c', 'd'))
    sizes = plan(found, (3, 32, 32))
    write_configs(tmp_path, found, teacher(sizes, order), sizes, True)
    assert load_config(str(tmp_path / 'prior.py')).model.data_preprocessor.to_rgb is turned


def test_a_literal_is_what_it_was():
    value = dict(a=[dict(b=(1, 2), c=None)] * 9, d={1: 'x'}, e='it\'s "so"', long=['x' * 60, 'y' * 60])
    assert eval(literal(value)) == value
