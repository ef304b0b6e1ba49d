"""What all tests share: a seed, mmrazor's scope, and tiny networks for 1 x 8 x 8 images in ten classes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.logging import MessageHub
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

import genkd_mm  # before anything imports mmrazor
from genkd_mm.models import FrozenNetworks

from .tiny_run import one_process, tiny  # noqa: F401

# One thread a process, here and in those that tests start: the networks are tiny, and tests may run side by side.
os.environ.setdefault('OMP_NUM_THREADS', '1')
torch.set_num_threads(int(os.environ['OMP_NUM_THREADS']))


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def mmrazor_scope():
    """Names without a scope are looked up in mmrazor's registries, as in a run."""
    with DefaultScope.overwrite_default_scope('mmrazor'):
        yield


@pytest.fixture
def message_hub(request):
    """The current message hub, empty."""
    name = request.node.nodeid
    yield MessageHub.get_instance(name)
    MessageHub._instance_dict.pop(name)


@pytest.fixture
def process_group():
    """A gloo group of this process alone."""
    torch.distributed.init_process_group('gloo', store=torch.distributed.HashStore(), rank=0, world_size=1)
    yield torch.distributed.group.WORLD
    torch.distributed.destroy_process_group()


@pytest.fixture
def run_python():
    """Runs Python with arguments in a process of its own, which sees genkd_mm and no GPU."""

    def run(*args, **kwargs) -> subprocess.CompletedProcess:
        root = str(Path(genkd_mm.__file__).parents[1])
        path = os.pathsep.join(filter(None, (root, os.environ.get('PYTHONPATH'))))
        env = {**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': ''}
        return subprocess.run(
            [sys.executable, *map(str, args)], capture_output=True, text=True, timeout=120, env=env, **kwargs
        )

    return run


def classifier_config(base_channels: int, in_channels: int = 1) -> dict:
    """An mmpretrain classifier with batch norm, whose backbone gives its first and its last feature map."""
    return dict(
        _scope_='mmpretrain',
        type='ImageClassifier',
        backbone=dict(
            type='ResNet_CIFAR',
            depth=18,
            in_channels=in_channels,
            stem_channels=base_channels,
            base_channels=base_channels,
            out_indices=(0, 3),
        ),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(
            type='LinearClsHead', num_classes=10, in_channels=8 * base_channels, loss=dict(type='CrossEntropyLoss')
        ),
    )


@pytest.fixture
def teacher_config() -> dict:
    return classifier_config(4)


@pytest.fixture
def student_config() -> dict:
    return classifier_config(2)


def experienced(model: nn.Module) -> nn.Module:
    """``model`` with running statistics and logits that differ from those of a fresh network."""
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    nn.init.normal_(model.head.fc.weight, 0, 0.5)
    return model


@pytest.fixture
def teacher(teacher_config) -> nn.Module:
    """A teacher with batch norm, in eval mode."""
    return experienced(MODELS.build(teacher_config)).eval()


@pytest.fixture
def student(student_config) -> nn.Module:
    """A student, in training mode."""
    return experienced(MODELS.build(student_config)).train()


@pytest.fixture
def networks(teacher, student) -> FrozenNetworks:
    return FrozenNetworks(dict(teacher=teacher), student)


@pytest.fixture
def images() -> torch.Tensor:
    """Five images in the classifiers' normalised space."""
    return torch.randn(5, 1, 8, 8)


@pytest.fixture
def labels() -> torch.Tensor:
    return torch.tensor([3, 0, 9, 3, 5])
