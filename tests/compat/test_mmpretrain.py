"""Configs that name mmcls."""

import importlib.util

import pytest
from mmengine import hub
from mmengine.config import Config
from mmrazor.registry import MODELS

from genkd_mm import compat

RESNET = 'resnet/resnet18_8xb16_cifar10.py'


@pytest.fixture
def config_of_mmcls(tmp_path) -> str:
    """A config file that inherits one of mmcls's."""
    path = tmp_path / 'config.py'
    path.write_text(f"_base_ = ['mmcls::{RESNET}']\nmodel = dict(head=dict(topk=(1, )))\n")
    return str(path)


def test_configs_of_mmcls_are_those_of_mmpretrain(config_of_mmcls):
    named = hub.get_config(f'mmpretrain::{RESNET}')
    assert hub.get_config(f'mmcls::{RESNET}').to_dict() == named.to_dict()
    inherited = Config.fromfile(config_of_mmcls).model
    assert inherited['_scope_'] == 'mmpretrain' and inherited.backbone.type == named.model.backbone.type
    assert type(MODELS.build(dict(cfg_path=f'mmcls::{RESNET}', pretrained=False))).__module__.startswith('mmpretrain.')


def test_mmcls_that_is_installed_is_taken(monkeypatch, config_of_mmcls):
    """Without the patch mmengine looks for mmcls itself."""
    monkeypatch.setattr(Config, '_get_cfg_path', staticmethod(Config._get_cfg_path.__wrapped__))
    monkeypatch.setattr(hub, 'get_config', hub.get_config.__wrapped__)
    with monkeypatch.context() as patch:
        patch.setattr(importlib.util, 'find_spec', lambda name: object())
        compat.mmpretrain.find_configs_of_mmcls()
    assert not hasattr(hub.get_config, '__wrapped__')
    with pytest.raises(ModuleNotFoundError, match='mmcls is not installed'):
        Config.fromfile(config_of_mmcls)
