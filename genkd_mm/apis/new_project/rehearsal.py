"""Every part of a project for a few iterations, to see that it fits together and how long it takes here."""

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from mmengine.runner import Runner

from ...engine.runner.access import generator_of
from ...engine.runner.config import load_config
from ...structures import DataSpec
from ...utils import unwrapped
from ..publish import normalisation, write_prior, write_teacher
from ..train import train

ITERATIONS = 5  # the first is not counted; of the other four one refreshes chains
CHAINS = 10  # of each class


class Part(NamedTuple):
    """A part of a project."""

    name: str  # ``teacher``, ``prior`` or ``student``
    iterations: int  # of the whole training
    iteration_seconds: float  # of one
    seconds: float  # of the training, and of the chains that are drawn at a prior's end, without evaluations


def rehearse(folder: Path, teacher_checkpoint: str | None) -> list[Part]:
    """Train a project's teacher, unless it has a checkpoint, its prior and its student, and throw the results away.

    Raises:
        ConfigError: If the parts do not fit together.
    """
    with tempfile.TemporaryDirectory() as name:
        there, parts = Path(name), []
        if teacher_checkpoint is None:
            parts.append(_part(_short(folder, 'teacher', there, {})))
            teacher_checkpoint = str(there / 'teacher/final.pth')
        classes = load_config(str(folder / 'teacher.py')).num_classes
        chains = {'model.generator.replay_buffer.capacity': max(100, CHAINS * classes)}
        parts.append(_part(_short(folder, 'prior', there, chains)))
        spec = write_prior(str(there / 'prior/final.pth'), there / 'prior.safetensors')
        own = DataSpec(spec.classes, spec.image_shape, **normalisation(load_config(str(folder / 'teacher.py'))))
        write_teacher(teacher_checkpoint, own, there / 'teacher.safetensors')
        files = {
            'model.teachers.teacher.ckpt_path': str(there / 'teacher.safetensors'),
            'model.generator.init_cfg.checkpoint': str(there / 'prior.safetensors'),
        }
        parts.append(_part(_short(folder, 'student', there, chains | files)))
    return parts


def _short(folder: Path, name: str, there: Path, overrides: dict) -> tuple[str, int, Runner]:
    path = str(folder / f'{name}.py')
    length = {'train_cfg.max_iters': ITERATIONS, 'train_cfg.val_interval': ITERATIONS}
    runner = train(load_config(path, length | overrides, str(there / name)))
    return path, load_config(path).train_cfg.max_iters, runner


def _part(run: tuple[str, int, Runner]) -> Part:
    path, iterations, runner = run
    times = runner.message_hub.get_scalar('train/time').data[0]
    each = statistics.mean(times[1:])
    drawing = 0.0
    if runner.cfg.default_hooks.get('fill_chains'):
        generator = unwrapped(generator_of(runner))
        start = time.perf_counter()
        generator.fill(runner.train_dataloader.batch_size)
        whole = load_config(path).model.generator.replay_buffer.capacity
        drawing = (time.perf_counter() - start) * whole / len(generator.replay_buffer)
    return Part(Path(path).stem, iterations, each, each * iterations + drawing)
