"""CIFAR-10 from start to end within a budget of minutes."""

import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ..engine.runner.config import load_config
from ..engine.runner.launch import process_group
from ..utils import ConfigError, TrainingError, shipped
from .compare import fitted, run
from .test import test

# Each run's part of the budget. The methods share what the owner's side leaves.
PARTS = {
    'teachers/resnet34_cifar10.py': 0.25,
    'priors/jem_wrn28x10_cifar10.py': 0.35,
    'genkd_cifar10.py': 0.1,
    'baselines/dafl_cifar10.py': 0.1,
    'baselines/zskt_cifar10.py': 0.1,
    'baselines/deepinversion_cifar10.py': 0.1,
}
TEACHER, PRIOR, *METHODS = PARTS
COLUMNS = (
    ('top-1, %', 'student_top1', '.2f'),
    ('teacher, %', 'teacher_top1', '.2f'),
    ('pseudo samples', 'pseudo_samples', ',.0f'),
    ('generation, s', 'generation_seconds', ',.0f'),
    ('student, s', 'student_seconds', ',.0f'),
    ('total, s', 'total_seconds', ',.0f'),
)


def reproduce(
    minutes: float, out: str | Path = 'work_dirs/reproduce_cifar10', configs: str | Path | None = None
) -> dict[str, dict]:
    """Train teacher, prior, GenKD, DAFL, ZSKT and a DeepInversion-style method on CIFAR-10, and print a table.

    ResNet-34 teaches ResNet-18. A short run of each config measures how many iterations fit into its part of the
    budget, at most as many as the config itself has; its schedules follow in proportion. A finished run is not made
    again, and an interrupted one is resumed. At the end :func:`genkd_mm.apis.test` confirms each student's accuracy.

    Args:
        minutes (float): Budget of all runs together.
        out (str | Path): Folder of the runs. Defaults to work_dirs/reproduce_cifar10.
        configs (str | Path, optional): Folder with configs of the same names. Defaults to the shipped configs/.

    Returns:
        dict[str, dict]: Each run's summary, by its config.

    Raises:
        ConfigError: If ``minutes`` is not above 0, or a config cannot be read.
        TrainingError: If a run has to stop, or a student's accuracy cannot be confirmed.
    """
    if not minutes > 0:
        raise ConfigError(f'The budget is {minutes} minutes; expected more than 0')
    console, out, summaries = Console(), Path(out), {}
    out.mkdir(parents=True, exist_ok=True)
    with process_group('none'):
        for name, share in PARTS.items():
            started, config = time.monotonic(), str(Path(configs or shipped('configs'), name))
            overrides = fitted(config, share * minutes, out / 'plan.json', checkpoints(name, out), True)
            summary = summaries[name] = run(config, out / Path(name).stem, overrides)
            console.print(
                f'{name}: {time.monotonic() - started:.0f} s now, {summary["total_seconds"]:.0f} s of training, '
                f'{overrides["train_cfg.max_iters"]} iterations'
            )
        for name in METHODS:
            confirm(out / Path(name).stem, Path(name).name, summaries[name]['student_top1'])
    console.print(table({name: summaries[name] for name in METHODS}))
    return summaries


def checkpoints(name: str, out: Path) -> dict[str, object]:
    """Overrides that let a config take its teacher and prior from ``out``."""
    if name in (TEACHER, PRIOR):
        return {}
    overrides: dict[str, object] = {
        'prerequisites': [],
        'model.teachers.teacher.ckpt_path': str(out / Path(TEACHER).stem / 'final.pth'),
    }
    if name == 'genkd_cifar10.py':
        overrides['model.generator.init_cfg.checkpoint'] = str(out / Path(PRIOR).stem / 'final.pth')
    return overrides


def confirm(work_dir: Path, config: str, top1: float) -> None:
    """Measure a student once more."""
    settings = load_config(str(work_dir / config), work_dir=str(work_dir / 'test'))
    found = test(settings, str(work_dir / 'final.pth'))['accuracy/top1']
    if abs(found - top1) > 0.01:
        raise TrainingError(f'{work_dir}/final.pth was reported at {top1}% but tests at {found}%; was it replaced?')


def table(summaries: dict[str, dict]) -> Table:
    """One row a method; its accuracy is that of the last evaluation."""
    result = Table('config', *(title for title, _, _ in COLUMNS), title='CIFAR-10, ResNet-34 to ResNet-18')
    for name, summary in summaries.items():
        values = {**summary, 'teacher_top1': summary['teacher_top1']['teacher']}
        result.add_row(name, *('-' if values[key] is None else format(values[key], form) for _, key, form in COLUMNS))
    return result
