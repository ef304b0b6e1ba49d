"""A config whose components cannot be built stops with one sentence that names them."""

from pathlib import Path

import pytest
from mmrazor.registry import MODELS

from genkd_mm.apis import test as evaluate
from genkd_mm.apis import train
from genkd_mm.engine.runner.config import in_scope, load_config
from genkd_mm.utils import ConfigError

CONFIGS = Path(__file__).parents[3] / 'configs'


@pytest.mark.parametrize(
    'overrides, words',
    [
        ({'model.student_iter': 'abc'}, r"^model \(GenKD\) cannot be built \(TypeError: '<' not supported"),
        (
            {'model.architecture.backbone.type': 'ResNett'},
            r'model.architecture.backbone \(ResNett\) cannot be built '
            r'\(KeyError: ResNett is not in the mmpretrain::model',
        ),
        (
            {'model.generator.sampler.steps': 3},
            r'generator.sampler \(LangevinSampler\) cannot be built '
            r"\(TypeError: .* unexpected keyword argument 'steps'",
        ),
        ({'optim_wrapper.architecture.optimizer.type': 'SDG'}, r'^optim_wrapper cannot be built \(TypeError: None'),
        (
            {'param_scheduler.architecture.T_max': None, 'param_scheduler.architecture.begin': 'x'},
            r'param_scheduler.architecture \(CosineAnnealingLR\) cannot be built',
        ),
        ({'train_dataloader.num_workers': -1}, r'^train_dataloader cannot be built \(ValueError: num_workers'),
        ({'val_dataloader.dataset.pipeline': [dict(type='Resise')]}, 'cannot be built .*Resise is not in the'),
        ({'default_hooks.logger.intervall': 3}, r'default_hooks.logger \(LoggerHook\) cannot be built'),
        (
            {'val_cfg': None},
            r'^The config cannot be built \(ValueError: val_dataloader, val_cfg, and val_evaluator should',
        ),
    ],
)
def test_the_component_is_named_and_the_log_has_the_traceback(tiny, tmp_path, overrides, words):
    with pytest.raises(ConfigError, match=words) as caught:
        train(tiny(**overrides))
    assert str(caught.value).endswith('_digits_maximum_likelihood.py, or in --cfg-options') and '\n' not in str(
        caught.value
    )
    logs = [path.read_text() for path in (tmp_path / 'work').glob('*/*.log')]
    assert [text for text in logs if 'Traceback (most recent call last)' in text] == logs


def test_errors_of_the_training_itself_pass(tiny, monkeypatch):
    from genkd_mm.models import GenKD

    def fail(*_):
        raise ValueError('a defect, no bad input')

    monkeypatch.setattr(GenKD, 'train_step', fail)
    with pytest.raises(ValueError, match='^a defect, no bad input$') as caught:
        train(tiny())
    assert not isinstance(caught.value, ConfigError)


def test_a_part_of_a_config_names_what_it_lacks(tmp_path):
    config = load_config(str(CONFIGS / '_base_/methods/dafl.py'), work_dir=str(tmp_path / 'work'))
    with pytest.raises(ConfigError, match=r"model \(DAFL.* missing 2 required .* 'teachers' and 'generator'\)"):
        train(config)


def test_an_evaluation_too(tiny, tmp_path):
    with pytest.raises(ConfigError, match=r'model \(GenKD\) cannot be built'):
        evaluate(tiny(**{'model.student_iter': 'abc'}), str(tmp_path / 'teacher.pth'))


@pytest.mark.parametrize(
    'name, words',
    [
        ('ablations/window_digits.py', 'has no model: it is an ablation, with axes, which tools/ablate.py runs'),
        ('_base_/datasets/digits.py', 'has no model: it is a part of a config'),
    ],
)
def test_a_file_without_a_model(name, words):
    with pytest.raises(ConfigError, match=f'{name}. {words}'):
        load_config(str(CONFIGS / name))


def test_tools_that_build_parts_of_a_config_name_them_too(tmp_path):
    @in_scope
    def build(config):
        return MODELS.build(config.model.generator)

    path = tmp_path / 'mine.py'
    path.write_text("model = dict(generator=dict(type='EBMGenerato'))", encoding='utf-8')
    with pytest.raises(ConfigError, match=r'^model.generator \(EBMGenerato\) cannot be built .* in .*mine.py'):
        build(path)
