"""mmengine's pure Python configs, whose types are classes, do what configs with names do."""

import pytest
import torch
from mmengine.registry import DefaultScope
from mmrazor.registry import DATASETS, MODELS
from PIL import Image

from genkd_mm.apis.evaluate_samples import sample_dataset
from genkd_mm.apis.export import exported_config
from genkd_mm.engine.runner.config import load_config, name_of, read_config
from genkd_mm.models.networks import build_generator
from genkd_mm.models.student import evaluation_steps, read_student

from ...tiny_run import CONFIGS

PURE = """
from mmpretrain.datasets import PackInputs
from mmpretrain.models import ClsDataPreprocessor, CrossEntropyLoss, GlobalAveragePooling, ImageClassifier
from mmpretrain.models import LinearClsHead, ResNet_CIFAR
from mmengine.optim import CosineAnnealingLR, OptimWrapper
from torch.optim import SGD

from genkd_mm.datasets import Digits
from genkd_mm.models.algorithms import GenKD
from genkd_mm.models.backbones import SmallConvNet
from genkd_mm.models.energies import ClassifierEnergy
from genkd_mm.models.generators import EBMGenerator
from genkd_mm.samplers import LangevinSampler, ReplayBuffer

default_scope = 'mmrazor'
pipeline = [dict(type=PackInputs)]
network = dict(
    _scope_='mmpretrain',
    type=ImageClassifier,
    backbone=dict(type=SmallConvNet, width=8),
    neck=dict(type=GlobalAveragePooling),
    head=dict(type=LinearClsHead, num_classes=10, in_channels=8, loss=dict(type=CrossEntropyLoss)))
model = dict(
    type=GenKD,
    data_preprocessor=dict(type=ClsDataPreprocessor, num_classes=10, mean=[77.8], std=[95.9]),
    architecture=network,
    generator=dict(
        type=EBMGenerator,
        image_shape=(1, 8, 8),
        energy=dict(type=ClassifierEnergy, classifier=network),
        sampler=dict(type=LangevinSampler, num_steps=2, step_size=1.0, noise_std=0.01),
        replay_buffer=dict(type=ReplayBuffer, capacity=20, restart_prob=0.5)))
val_dataloader = dict(batch_size=5, dataset=dict(type=Digits, split='test', pipeline=pipeline))
optim_wrapper = dict(type=OptimWrapper, optimizer=dict(type=SGD, lr=0.1))
param_scheduler = dict(type=CosineAnnealingLR, by_epoch=False)
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'pure.py'
    path.write_text(PURE, encoding='utf-8')
    return load_config(str(path), {'model.generator.sampler.num_steps': 3})


@pytest.fixture
def checkpoint(config, tmp_path):
    """Random weights of the config's student and generator."""
    student = MODELS.build(config.model.architecture)
    generator = MODELS.build({**config.model.generator, 'mean': [77.8], 'std': [95.9]})
    states = dict(architecture=student.state_dict(), generator=generator.state_dict())
    content = dict(
        state_dict={f'{part}.{name}': value for part, state in states.items() for name, value in state.items()},
        chains=generator.replay_buffer.state_dict(),
        data_spec=dict(classes=list('0123456789'), image_shape=[1, 8, 8], mean=[77.8], std=[95.9]),
    )
    torch.save(content, tmp_path / 'final.pth')
    return content, str(tmp_path / 'final.pth')


def types_in(value):
    if isinstance(value, dict):
        found = [value['type']] if 'type' in value else []
        return found + [kind for item in value.values() for kind in types_in(item)]
    return [kind for item in value for kind in types_in(item)] if isinstance(value, (list, tuple)) else []


def test_classes_become_names_that_find_them(config):
    kinds = types_in(config._cfg_dict)
    assert len(kinds) > 15 and all(isinstance(kind, str) for kind in kinds)
    assert config.model.type == 'mmrazor.GenKD' and config.model.generator.sampler.num_steps == 3
    assert 'PackInputs' not in config and 'mmrazor.GenKD' in config.pretty_text
    assert config.optim_wrapper.optimizer.type == 'mmengine.SGD'


def test_sampling_exporting_and_evaluating(config, checkpoint, tmp_path):
    content, path = checkpoint
    generator, _ = build_generator(config, content, path)
    assert generator.image_shape == (1, 8, 8)
    student = read_student(config, path)
    assert student.classes == list('0123456789')
    assert "type='RandomGrayscale'" in exported_config(config, student)
    assert evaluation_steps(config) == [dict(type='mmpretrain.PackInputs')]
    (tmp_path / 'samples').mkdir()
    Image.new('L', (8, 8)).save(tmp_path / 'samples' / 'x.png')
    config.num_classes, config.image_shape = 10, (1, 8, 8)
    assert len(sample_dataset(config, str(tmp_path / 'samples'))) == 1
    with DefaultScope.overwrite_default_scope('mmrazor'):
        assert len(DATASETS.build(config.val_dataloader.dataset)) == 500


def test_a_component_that_nobody_registered_is_named_by_its_place():
    assert name_of(torch.nn.modules.sparse.EmbeddingBag) == 'torch.nn.modules.sparse.EmbeddingBag'


def test_configs_with_names_stay_as_they_are():
    assert read_config(str(CONFIGS / 'genkd_digits.py')).model.type == 'GenKD'
