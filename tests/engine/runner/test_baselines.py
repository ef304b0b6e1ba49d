"""What the engine makes of mmrazor's own algorithms: strict teachers, and figures that can be compared."""

import json

import pytest
import torch
from mmrazor.registry import MODELS

from genkd_mm.apis import train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError, unwrapped

from ...tiny_run import CLASSIFIER, CONFIGS

RUN = {
    'train_dataloader.batch_size': 10,
    'train_cfg.max_iters': 3,
    'train_cfg.val_interval': 3,
    'val_dataloader.dataset.indices': 100,
}


@pytest.fixture
def make(tmp_path):
    """Factory: a baseline's config on digits with small networks, and its teacher in ``tmp_path``."""

    def build(name: str, teacher: str, **overrides):
        options = {
            f'model.{part}.{key}': value for part in ('architecture', teacher) for key, value in CLASSIFIER.items()
        }
        config = load_config(
            str(CONFIGS / f'baselines/{name}.py'), {**options, **RUN, **overrides}, str(tmp_path / 'work')
        )
        config.prerequisites = []
        network = config.model.teacher if teacher == 'teacher' else config.model.teachers.teacher.build_cfg
        torch.save(MODELS.build(network).state_dict(), tmp_path / 'teacher.pth')
        return config

    return build


@pytest.fixture
def real(make, tmp_path):
    return lambda **overrides: make(
        'real_digits', 'teacher', **{'model.teacher_ckpt': str(tmp_path / 'teacher.pth'), **overrides}
    )


@pytest.fixture
def zskt(make, tmp_path):
    return lambda **overrides: make(
        'zskt_digits',
        'teachers.teacher.build_cfg',
        **{'model.teachers.teacher.ckpt_path': str(tmp_path / 'teacher.pth'), 'model.student_iter': 4, **overrides},
    )


def summary(folder) -> dict:
    return json.loads((folder / 'work/summary.json').read_text())


def test_the_ceiling_loads_its_teacher_trains_its_student_alone_and_counts_no_pseudo_sample(real, tmp_path):
    config = real()
    runner = train(config)
    model = unwrapped(runner.model)
    stored = torch.load(tmp_path / 'teacher.pth', weights_only=True)
    assert all(torch.equal(value, stored[name]) for name, value in model.teacher.state_dict().items())
    figures = summary(tmp_path)
    assert figures['pseudo_samples'] is None and figures['generation_seconds'] is None
    assert 0 <= figures['teacher_top1']['teacher'] <= 100 and 0 <= figures['student_top1'] <= 100
    assert not any(tag.startswith('train/student') for tag in runner.message_hub.log_scalars)  # the labels are not used


@pytest.mark.parametrize(
    'damage, message',
    [
        (lambda state: state.pop('head.fc.bias'), r'model.teacher_ckpt .* 1 missing \(first: head.fc.bias\)'),
        (lambda state: state.update(other=torch.zeros(1)), '1 unexpected'),
    ],
)
def test_a_ceiling_with_another_teacher_does_not_start(real, tmp_path, damage, message):
    config = real()
    state = torch.load(tmp_path / 'teacher.pth', weights_only=True)
    damage(state)
    torch.save(state, tmp_path / 'teacher.pth')
    with pytest.raises(ConfigError, match=message):
        train(config)


def test_a_ceiling_without_its_teacher_does_not_start(real):
    with pytest.raises(ConfigError, match="model.teacher_ckpt is 'nowhere.pth', which does not exist"):
        train(real(**{'model.teacher_ckpt': 'nowhere.pth'}))


def test_every_image_of_a_stock_algorithm_is_counted_once(zskt, tmp_path):
    train(zskt())
    assert summary(tmp_path)['pseudo_samples'] == 10 * 3 * 4  # batch, iterations, student steps


def test_dafl_takes_one_student_step_whatever_student_iter_says(make, tmp_path):
    train(
        make(
            'dafl_digits',
            'teachers.teacher.build_cfg',
            **{'model.teachers.teacher.ckpt_path': str(tmp_path / 'teacher.pth'), 'model.student_iter': 4},
        )
    )
    assert summary(tmp_path)['pseudo_samples'] == 10 * 3
