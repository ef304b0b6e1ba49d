"""The figures of a run, as plain data."""

import importlib.metadata
import os
import platform

import torch
from mmengine.config import Config
from mmengine.logging import MessageHub
from mmrazor.models import DAFLDataFreeDistillation
from torch import nn

from .access import teachers_of

PACKAGES = ('genkd_mm', 'torch', 'torchvision', 'mmengine', 'mmcv', 'mmcv-lite', 'mmpretrain', 'mmrazor')
METRIC = 'accuracy/top1'


def student_steps(model: nn.Module) -> int:
    """Steps that an algorithm's student takes in one iteration."""
    return 1 if isinstance(model, DAFLDataFreeDistillation) else getattr(model, 'student_iter', 1)


def summarize(config: Config, model: nn.Module, hub: MessageHub, seed: int, iterations: int) -> dict:
    """Everything that a table of results needs, of a run that has made so many ``iterations``.

    Returns:
        dict: ``config``, ``seed``, ``versions``, ``device``, ``total_seconds``, ``divergence_events`` (their number,
        see ``DivergenceGuardHook``), ``accuracy_curve`` (a list of [iteration, seconds, distinct images seen or None,
        top-1 in %]). Of a distillation also ``teacher_top1`` (by name, %), ``student_top1`` (%, of the
        last evaluation, not the best), ``student_params``, ``student_steps``,
        ``pseudo_samples`` (distinct synthetic images that the student saw), ``teacher_queries`` (images that training
        asked a teacher without a gradient about, see ``TeacherQueriesHook``), ``chain_reward`` (of fresh chains, as
        ``ChainRewardHook`` measures it), ``generation_seconds`` (chains and fine-tuning), ``policy_seconds`` (the
        fine-tuning's part of these) and ``student_seconds``; of any other run ``top1`` (%). A figure that the run did
        not measure is None.
    """
    summary = dict(
        config=os.path.relpath(config.filename),
        seed=seed,
        versions=versions(),
        device=device_name(),
        total_seconds=hub.get_info('total_seconds'),
        divergence_events=len(hub.get_info('divergence_events', [])),
        accuracy_curve=hub.get_info('accuracy_curve', []),
    )
    if not hasattr(model, 'student'):
        return dict(**summary, top1=current(hub, f'val/{METRIC}'))
    initial = hub.get_info('initial_metrics') or {}
    return dict(
        **summary,
        teacher_top1={name: initial.get(f'teacher {name}', {}).get(METRIC) for name in teachers_of(model)},
        student_top1=current(hub, f'val/{METRIC}'),
        student_params=sum(parameter.numel() for parameter in model.student.parameters()),
        student_steps=iterations * student_steps(model),
        pseudo_samples=hub.get_info('pseudo_samples'),
        teacher_queries=hub.get_info('teacher_queries'),
        chain_reward=current(hub, 'val/chain/reward'),
        generation_seconds=hub.get_info('generation_seconds'),
        policy_seconds=hub.get_info('policy_seconds'),
        student_seconds=hub.get_info('student_seconds'),
    )


def current(hub: MessageHub, tag: str) -> float | None:
    """The latest value of a logged scalar."""
    history = hub.log_scalars.get(tag)
    return None if history is None else float(history.current())


def versions() -> dict[str, str]:
    """Version of Python and of each package that is installed."""
    installed = {
        name: importlib.metadata.version(name) for name in PACKAGES if any(importlib.metadata.distributions(name=name))
    }
    return dict(python=platform.python_version(), **installed)


def device_name() -> str:
    """The GPU's name, or the processor's with the number of threads."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f'CPU {platform.machine()}, {torch.get_num_threads()} threads'
