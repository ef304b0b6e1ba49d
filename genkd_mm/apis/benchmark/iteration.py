"""One GenKD iteration at CIFAR's size: the networks' passes, and everything else."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS, MODELS
from torch import nn

from ...engine.runner.config import load_config
from ...engine.runner.launch import process_group
from ...utils import shipped, unwrapped
from ..train import train
from . import setting
from .memory import peak_bytes, reset_peak
from .timing import spread

CONFIG = shipped('configs/genkd_cifar10.py')


def classifier(base_channels: int) -> dict:
    """Config of a ResNet-18 of that width for CIFAR's images."""
    return dict(
        _scope_='mmpretrain',
        type='ImageClassifier',
        neck=dict(type='GlobalAveragePooling'),
        backbone=dict(type='ResNet_CIFAR', depth=18, stem_channels=base_channels, base_channels=base_channels),
        head=dict(
            type='LinearClsHead',
            num_classes=setting.NUM_CLASSES,
            in_channels=8 * base_channels,
            loss=dict(type='CrossEntropyLoss'),
        ),
    )


class Passes:
    """Seconds spent in forward passes of watched networks and in backward passes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._started: list[float] = []

    def watch(self, network: nn.Module) -> None:
        """Count the forward passes of ``network``."""
        network.register_forward_pre_hook(lambda *args: self._started.append(time.perf_counter()))
        network.register_forward_hook(lambda *args: self._stop())

    def _stop(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.seconds += time.perf_counter() - self._started.pop()

    def _counted(self, function: Callable) -> Callable:
        def call(*args, **kwargs):
            self._started.append(time.perf_counter())
            try:
                return function(*args, **kwargs)
            finally:
                self._stop()

        return call

    @contextmanager
    def backward_passes(self) -> Iterator[None]:
        """Count every backward pass inside."""
        grad, backward = torch.autograd.grad, torch.Tensor.backward
        torch.autograd.grad, torch.Tensor.backward = self._counted(grad), self._counted(backward)
        try:
            yield
        finally:
            torch.autograd.grad, torch.Tensor.backward = grad, backward


@HOOKS.register_module(force=True)
class IterationShares(Hook):
    """Seconds of each whole iteration, hooks and data included, and of the passes in it; bytes that they need."""

    whole: list[float] = []
    passes: list[float] = []
    peak: list[int] = []

    def before_run(self, runner) -> None:
        self._passes = Passes()
        model = unwrapped(runner.model)
        for network in (
            unwrapped(model.generator).energy.classifier,
            unwrapped(model.student),
            *model.teachers.values(),
        ):
            self._passes.watch(network)
        self._counting = self._passes.backward_passes()

    def before_train(self, runner) -> None:
        self._counting.__enter__()
        self._held = reset_peak()
        self._last = time.perf_counter(), self._passes.seconds

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        now = time.perf_counter(), self._passes.seconds
        if runner.iter:  # the first one warms up
            self.whole.append(now[0] - self._last[0])
            self.passes.append(now[1] - self._last[1])
        self._last = now

    def after_train(self, runner) -> None:
        self._counting.__exit__(None, None, None)
        self.peak.append(peak_bytes() - self._held)


def config(folder: Path, widen_factor: int, size: int, iterations: int) -> Config:
    """configs/genkd_cifar10.py with networks for a CPU, random checkpoints, and no evaluation."""
    cfg = load_config(
        str(CONFIG), {'train_cfg.max_iters': iterations, 'train_dataloader.batch_size': size}, str(folder / 'work')
    )
    cfg.prerequisites = []
    for part in ('val', 'test'):
        cfg[f'{part}_dataloader'] = cfg[f'{part}_evaluator'] = cfg[f'{part}_cfg'] = None
    for hook in ('initial_evaluation', 'chain_reward', 'sample_grid'):
        cfg.default_hooks.pop(hook)
    cfg.model.architecture = classifier(16)
    cfg.model.teachers.teacher = dict(build_cfg=classifier(32), ckpt_path=str(folder / 'teacher.pth'))
    cfg.model.generator.energy.classifier = setting.energy_network(widen_factor)
    cfg.model.generator.replay_buffer.capacity = 1000
    cfg.model.generator.init_cfg = dict(type='Pretrained', checkpoint=str(folder / 'prior.pth'))
    cfg.custom_hooks = [dict(type='IterationShares', priority='LOWEST')]
    cfg.visualizer.vis_backends = []
    torch.save(dict(state_dict=MODELS.build(classifier(32)).state_dict()), folder / 'teacher.pth')
    generator = MODELS.build({**cfg.model.generator, 'init_cfg': None})
    torch.save(
        dict(
            state_dict={f'generator.{name}': value for name, value in generator.state_dict().items()},
            chains=generator.replay_buffer.state_dict(),
            data_spec=dict(
                classes=list('0123456789'), image_shape=list(setting.IMAGE_SHAPE), mean=[127.5], std=[127.5]
            ),
        ),
        folder / 'prior.pth',
    )
    return cfg


def measure(widen_factor: int, size: int, iterations: int) -> dict:
    """``overhead_share``: the part of an iteration that is no pass of a network; medians over iterations."""
    with tempfile.TemporaryDirectory() as name, process_group('none'):
        train(config(Path(name), widen_factor, size, iterations + 1))
    shares = [1 - passes / whole for whole, passes in zip(IterationShares.whole, IterationShares.passes, strict=True)]
    return dict(
        energy=f'WRN-10-{widen_factor}',
        teacher='ResNet-18, width 32',
        student='ResNet-18, width 16',
        images=size,
        student_iter=10,
        seconds=spread(IterationShares.whole),
        passes_seconds=statistics.median(IterationShares.passes),
        overhead_share=spread(shares),
        mebibytes=round(IterationShares.peak[-1] / 2**20, 1),
    )
