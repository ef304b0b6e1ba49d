"""What the engine makes of mmrazor's own algorithms: strict teachers, and figures that can be compared."""

import json
from functools import reduce
from operator import getitem

import pytest
import torch
from mmrazor.registry import MODELS

from genkd_mm.apis import train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError, unwrapped

from ...tiny_run import CLASSIFIER, CONFIGS
from .test_resume import same

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
        torch.save(
            MODELS.build(reduce(getitem, f'model.{teacher}'.split('.'), config)).state_dict(), tmp_path / 'teacher.pth'
        )
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


@pytest.fixture
def dfme(make, tmp_path):
    asked = 'teachers.teacher.build_cfg.teacher'
    return lambda **overrides: make(
        'dfme_digits',
        f'{asked}.classifier',
        **{f'model.{asked}.ckpt_path': str(tmp_path / 'teacher.pth'), 'model.student_iter': 4, **overrides},
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


def test_a_generator_that_estimates_its_gradient_counts_its_queries(dfme, tmp_path):
    runner = train(dfme())
    figures = summary(tmp_path)
    assert figures['teacher_queries'] == 3 * 10 * (2 + 4)  # iterations, batch, the generator's two and student steps
    assert figures['pseudo_samples'] == 3 * 10 * 4 and figures['teacher_top1']['teacher'] is not None
    assert runner.message_hub.get_scalar('train/generator.loss_l1').current() < 0
    final = torch.load(tmp_path / 'work/final.pth', weights_only=True)['state_dict']
    assert not any(name.startswith('teachers.') for name in final)


def test_a_budget_ends_a_stock_algorithm_cleanly(dfme, tmp_path):
    runner = train(dfme(**{'default_hooks.teacher_queries.budget': 130}))
    figures = summary(tmp_path)
    assert runner.iter == 2 and figures['teacher_queries'] == 120 and figures['student_top1'] is not None
    assert torch.load(tmp_path / 'work/final.pth', weights_only=True)['meta']['iter'] == 2


def test_a_run_with_estimated_gradients_resumes_exactly(dfme, tmp_path):
    undisturbed, cut, resumed = dfme(), dfme(**{'default_hooks.teacher_queries.budget': 130}), dfme()
    train(undisturbed)
    whole = torch.load(tmp_path / 'work/final.pth', weights_only=True)
    (tmp_path / 'work').rename(tmp_path / 'whole')
    train(cut)
    train(resumed, resume=True)
    assert summary(tmp_path)['teacher_queries'] == 180
    same(whole['state_dict'], torch.load(tmp_path / 'work/final.pth', weights_only=True)['state_dict'])


def test_a_black_box_of_another_normalisation_is_refused(dfme):
    config = dfme()
    config.data_preprocessor.mean = config.model.data_preprocessor.mean = [0.0]
    with pytest.raises(ConfigError, match=r'is given mean=\[77.8\] .* but the images have \[0.0\]'):
        train(config)


def test_a_black_box_without_an_estimate_is_refused_with_the_alternative(dfme):
    config = dfme()
    config.model.teachers.teacher.build_cfg = config.model.teachers.teacher.build_cfg.teacher
    with pytest.raises(ConfigError, match='has no gradient .* wrap the teacher in ZerothOrderTeacher'):
        train(config)
