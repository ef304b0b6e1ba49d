"""The metrics of a run, as plain data."""

import importlib.metadata
import os
import platform
from collections.abc import Iterable, Mapping

import torch
from mmengine.logging import MessageHub
from mmengine.runner import Runner
from mmrazor.models import DAFLDataFreeDistillation
from torch import nn

from ...structures import RunMetrics
from ...utils import unwrapped
from .access import teachers_of

PACKAGES = ('genkd_mm', 'torch', 'torchvision', 'mmengine', 'mmcv', 'mmcv-lite', 'mmpretrain', 'mmrazor')
METRIC = 'top1'


def student_steps(model: nn.Module) -> int:
    """Student steps per iteration of an algorithm."""
    return 1 if isinstance(model, DAFLDataFreeDistillation) else getattr(model, 'student_iter', 1)


def summarize(runner: Runner, metrics: RunMetrics) -> dict:
    """Everything that a table of results needs, of a run with these ``metrics``.

    Returns:
        dict: ``config``, ``seed``, ``versions``, ``device``, ``total_seconds``, ``divergence_events`` (their number,
        see ``DivergenceGuardHook``), ``accuracy_curve`` (a list of [iteration, seconds, distinct images seen or None,
        top-1 in %]). Of a distillation also ``teacher_top1`` (by name, %), ``student_top1`` (%, of the
        last evaluation, not the best), ``student_params``, ``student_steps``,
        ``pseudo_samples`` (distinct synthetic images that the student saw), ``teacher_queries`` (images that training
        asked a teacher without a gradient about, see ``TeacherQueriesHook``), ``chain_reward`` (of fresh chains, as
        ``ChainRewardHook`` measures it), ``generation_seconds`` (chains and fine-tuning), ``policy_seconds`` (the
        fine-tuning's part of these) and ``student_seconds``; of any other run ``top1`` (%). A metric that the run did
        not measure is None.
    """
    model = unwrapped(runner.model)
    summary = dict(
        config=os.path.relpath(runner.cfg.filename),
        seed=runner.seed,
        versions=versions(),
        device=device_name(),
        total_seconds=metrics.total_seconds,
        divergence_events=len(metrics.divergence_events),
        accuracy_curve=metrics.accuracy_curve,
    )
    if not hasattr(model, 'student'):
        return dict(**summary, top1=top1_now(runner.message_hub))
    return dict(
        **summary,
        teacher_top1={name: top1(metrics.initial.get(f'teacher {name}', {})) for name in teachers_of(model)},
        student_top1=top1_now(runner.message_hub),
        student_params=sum(parameter.numel() for parameter in model.student.parameters()),
        student_steps=runner.iter * student_steps(model),
        pseudo_samples=metrics.pseudo_samples,
        teacher_queries=metrics.teacher_queries,
        chain_reward=metrics.chain_reward,
        generation_seconds=metrics.generation.seconds,
        policy_seconds=metrics.policy.seconds,
        student_seconds=metrics.student.seconds,
    )


def top1_name(names: Iterable[str]) -> str | None:
    """The name of the top-1 accuracy among metrics, under whatever prefix the evaluator gives it; None without one."""
    return next((name for name in names if name.split('/')[-1] == METRIC), None)


def top1(metrics: Mapping[str, float]) -> float | None:
    """The top-1 accuracy among metrics; None if it is not there."""
    name = top1_name(metrics)
    return None if name is None else metrics[name]


def top1_now(hub: MessageHub) -> float | None:
    """The top-1 accuracy of the last evaluation."""
    name = top1_name(tag for tag in hub.log_scalars if tag.startswith('val/'))
    return None if name is None else float(hub.log_scalars[name].current())


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
