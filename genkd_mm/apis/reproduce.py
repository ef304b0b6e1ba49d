"""CIFAR-10 from start to end, in stages of minutes."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from ..engine.runner.launch import process_group
from ..engine.runner.summary import device_name, versions
from ..utils import ConfigError, save_json, shipped
from ..visualization.tables import print_table
from .reproduction.stages import MINUTES, STAGES, Setting
from .reproduction.work import measure, smoke, train

COLUMNS = (
    ('top-1, %', 'student_top1', '.2f'),
    ('teacher, %', 'teacher_top1', '.2f'),
    ('pseudo samples', 'pseudo_samples', ',.0f'),
    ('generation, s', 'generation_seconds', ',.0f'),
    ('student, s', 'student_seconds', ',.0f'),
    ('total, s', 'total_seconds', ',.0f'),
)


def reproduce(
    stages: Sequence[str] = tuple(STAGES),
    minutes: float = MINUTES,
    out: str | Path = 'work_dirs/reproduce_cifar10',
    configs: str | Path | None = None,
    data: str | Path | None = None,
) -> dict[str, dict]:
    """Do stages of the reproduction of CIFAR-10, ResNet-34 to ResNet-18, and print a table of the methods.

    ``smoke`` makes a few iterations of every training. ``benchmark`` measures the chain, in a checkout also by its
    tests. Every other stage trains a config. A short run before measures how many iterations fit into three quarters
    of the stage, at most as many as the config has; its schedules follow in proportion. At the end
    :func:`genkd_mm.apis.test` confirms the student's accuracy.

    OUT/STAGE.json has the result: whether the stage is ``done``, the ``seconds`` of all calls, ``device``,
    ``versions``, and the stage's metrics, which are those of summary.json if it trains. A finished stage is
    skipped, an interrupted one is resumed.

    Args:
        stages (Sequence[str]): Of ``STAGES``, in order. Defaults to all.
        minutes (float): Of all stages together, of which each has a fixed part. Defaults to 28.
        out (str | Path): Folder of the runs. Defaults to work_dirs/reproduce_cifar10.
        configs (str | Path, optional): Folder with configs of the same names. Defaults to the shipped configs/.
        data (str | Path, optional): Folder with ``train.npz`` and ``test.npz``, as ``NpzDataset`` reads them. Defaults
            to the data of the configs.

    Returns:
        dict[str, dict]: Each stage's result.

    Raises:
        ConfigError: If ``minutes`` is not above 0, a stage is unknown, what it needs is missing, or a config cannot be
            read.
        TrainingError: If a run has to stop, or a student's accuracy cannot be confirmed.
        SystemExit: With 130 or 143 after Ctrl-C or SIGTERM, when a checkpoint has been written.
    """
    if not minutes > 0:
        raise ConfigError(f'--minutes is {minutes}; expected more than 0')
    for name in stages:
        if name not in STAGES:
            raise ConfigError(f'The stage {name!r} is unknown; expected any of {", ".join(STAGES)}')
    setting = Setting(Path(out), Path(configs or shipped('configs')), Path(data) if data else None, minutes / MINUTES)
    setting.out.mkdir(parents=True, exist_ok=True)
    with process_group('none'):
        results = {name: do(name, setting) for name in stages}
    rows = [row_of(name, result) for name, result in results.items() if 'student_top1' in result]
    if rows:
        header = ('stage', *(title for title, _, _ in COLUMNS))
        print_table(header, rows, title='CIFAR-10, ResNet-34 to ResNet-18')
    return results


def do(name: str, setting: Setting) -> dict:
    """The result of a stage; what there is of it is written also if it is cut.

    Raises:
        ConfigError: If a stage that it needs has not been done.
    """
    path = setting.out / f'{name}.json'
    result = json.loads(path.read_text(encoding='utf-8')) if path.is_file() else dict(done=False, seconds=0.0)
    if result['done']:
        return result
    for needed in STAGES[name].needs:
        checkpoint = setting.out / needed / 'final.pth'
        if not checkpoint.is_file():
            raise ConfigError(f'The stage {name} needs {checkpoint}, which is not there; do the stage {needed} first')
    before, started = result['seconds'], time.monotonic()
    result.update(device=device_name(), versions=versions())
    try:
        result.update(dict(smoke=smoke, benchmark=measure).get(name, train)(name, setting), done=True)
    finally:
        result['seconds'] = before + time.monotonic() - started
        save_json(path, result)
    print(f'{name}: {result["seconds"]:.0f} s')
    return result


def row_of(name: str, result: dict) -> list[str]:
    """A row of the table; the accuracy is that of the last evaluation."""
    values = {**result, 'teacher_top1': result['teacher_top1']['teacher']}
    return [name, *('-' if values[key] is None else format(values[key], form) for _, key, form in COLUMNS)]
