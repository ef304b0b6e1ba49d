"""What all tests share: a seed, mmrazor's scope, and tiny networks for 1 x 8 x 8 images in ten classes."""

import copy
import functools
import gc
import os
import random
import subprocess
import sys

import genkd_mm  # noqa: F401  (before anything loads torch or imports mmrazor)

# isort: split

import pytest
import torch
from mmengine.config import Config
from mmengine.config import config as mmengine_config
from mmengine.logging import MessageHub
from mmengine.registry import DefaultScope
from mmengine.runner import runner as mmengine_runner
from mmrazor.registry import MODELS
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from genkd_mm.engine.hooks import summary_hook
from genkd_mm.engine.runner import config as runner_config
from genkd_mm.models import FrozenNetworks
from genkd_mm.visualization import audit_page

from . import processes
from .digits_run import digits_run  # noqa: F401
from .teacher_server import start_server  # noqa: F401
from .tiny_run import CONFIGS, finished, one_process, tiny, tiny_files, tiny_work  # noqa: F401

# One thread a process, here and in those that tests start: the networks are tiny, and tests may run side by side.
os.environ.setdefault('OMP_NUM_THREADS', '1')
torch.set_num_threads(int(os.environ['OMP_NUM_THREADS']))


def pytest_collection_finish() -> None:
    """Leave what all imports have made out of later garbage collections, of which each run makes several."""
    gc.collect()
    gc.freeze()


FORMAT_CODE, DRAW_CURVES, DRAW_PAIRS = mmengine_config.FormatCode, summary_hook.draw_curves, audit_page.draw_pairs
READ_CONFIG, READ_ONCE = runner_config.read_config, functools.cache(runner_config.read_config)


def read_config(path: str) -> Config:
    """As the runner's, but each shipped config is read once."""
    return copy.deepcopy(READ_ONCE(path)) if path.startswith(f'{CONFIGS}/') else READ_CONFIG(path)


@pytest.fixture(scope='session', autouse=True)
def quick_runs():
    """Runs without yapf's layout of their config and without their curves, two thirds of a tiny run's time.

    Audits without their pictures of pairs, most of theirs. Shipped configs are read once, and the compilers are asked
    once for their versions.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner_config, 'read_config', read_config)
        patch.setattr(mmengine_runner, 'collect_env', functools.cache(mmengine_runner.collect_env))
        patch.setattr(mmengine_config, 'FormatCode', lambda text, **kwargs: (text, True))
        patch.setattr(summary_hook, 'draw_curves', lambda *args: None)
        patch.setattr(audit_page, 'draw_pairs', lambda *args: None)
        yield


@pytest.fixture
def whole_runs(monkeypatch) -> None:
    """Runs and audits with all of these."""
    monkeypatch.setattr(mmengine_config, 'FormatCode', FORMAT_CODE)
    monkeypatch.setattr(summary_hook, 'draw_curves', DRAW_CURVES)
    monkeypatch.setattr(audit_page, 'draw_pairs', DRAW_PAIRS)


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)
    random.seed(0)  # which slots are drawn


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


@pytest.fixture(scope='session')
def run_python():
    """Runs Python with arguments in a process of its own, which sees genkd_mm and no GPU."""
    return processes.run_python


@pytest.fixture(scope='session')
def run_new_python():
    """The same in a process that has imported nothing, as a user's has."""

    def run(*arguments, **options) -> subprocess.CompletedProcess:
        command = [sys.executable, *map(str, arguments)]
        options = dict(env=processes.environment(), capture_output=True, text=True, timeout=300) | options
        return subprocess.run(command, **options)

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
