"""A teacher's run on the digits that takes a fraction of a second."""

from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS

from genkd_mm.engine.runner.config import load_config

from ...tiny_run import CONFIGS

SMALL = {
    'model.backbone.base_channels': 2,
    'model.backbone.stem_channels': 2,
    'model.head.in_channels': 16,
    'train_dataloader.batch_size': 16,
    'train_cfg.max_iters': 6,
    'train_cfg.val_interval': 2,
    'default_hooks.checkpoint.interval': 2,
    'default_hooks.checkpoint.max_keep_ckpts': 1,
    'val_dataloader.dataset.indices': 100,
    'test_dataloader.dataset.indices': 100,
    'visualizer.vis_backends': [],
}


@HOOKS.register_module(force=True)
class Stop(Hook):
    """Ends the process's part of a run, as a crash would, before an iteration, counted from 1."""

    priority = 'VERY_HIGH'

    def __init__(self, before: int) -> None:
        self.before = before

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter + 1 == self.before:
            raise Crash


@HOOKS.register_module(force=True)
class Rates(Hook):
    """Notes the learning rate of every iteration in ``seen``."""

    seen: dict[int, float] = {}

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        Rates.seen[runner.iter + 1] = runner.optim_wrapper.param_groups[0]['lr']


class Crash(Exception):
    """Of the hook ``Stop``."""


def teacher_run(work: Path, stop_before: int | None = None, **overrides) -> Config:
    """The config, with keys of ``overrides`` in the place of its own."""
    config = load_config(str(CONFIGS / 'teachers/resnet18_digits.py'), {**SMALL, **overrides}, str(work))
    if stop_before:
        config.custom_hooks = [*config.get('custom_hooks', []), dict(type='Stop', before=stop_before)]
    return config


def checkpoints(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob('*.pth'))


def load(path: Path) -> dict:
    return torch.load(path, weights_only=True)
