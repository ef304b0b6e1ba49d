"""What the stages do; each returns metrics for its result."""

import json
import subprocess
import sys
import time
from pathlib import Path

from ...engine.runner.config import load_config
from ...utils import TrainingError, shipped
from ..benchmark import benchmark
from ..compare import fitted, run
from ..test import test
from .overrides import overrides_of
from .stages import TRAININGS, Setting

ITERATING = 0.75  # of a training's minutes; the rest is the start, the calibration and the evaluations
CHECKPOINTS = 8  # of a training
SMOKE = {'train_cfg.max_iters': 4}  # at the fourth iteration GenKD advances its chains
SMOKE_CHAINS = 1000
PARTS = ('chain', 'policy_gradient', 'floor')  # of the benchmark, the one first that counts most
RECORDED_CHAIN = 'tests/samplers/test_graphed.py'


def smoke(name: str, setting: Setting) -> dict:
    """A few iterations of every training at its full size; the seconds of each."""
    folder, seconds = setting.out / name, {}
    for training in TRAININGS:
        started, overrides = time.monotonic(), overrides_of(training, setting, setting.out / name) | SMOKE
        buffer = load_config(setting.config(training)).model.get('generator', {}).get('replay_buffer')
        if buffer:
            overrides['model.generator.replay_buffer.capacity'] = min(buffer.capacity, SMOKE_CHAINS)
        run(setting.config(training), folder / training, overrides)
        seconds[training] = time.monotonic() - started
    return dict(run_seconds=seconds)


def measure(name: str, setting: Setting) -> dict:
    """The tests of the chain as a CUDA graph, and parts of the benchmark: one, and others while there is time."""
    folder, started = setting.out / name, time.monotonic()
    folder.mkdir(exist_ok=True)
    metrics: dict = dict(recorded_chain=tests_of_recorded_chain())
    for part in PARTS:
        path = folder / f'{part}.json'
        if not path.is_file():
            if part != PARTS[0] and time.monotonic() - started > 60 * setting.minutes(name):
                break
            benchmark([part], quick=setting.scale < 1, json_out=path)
        metrics[part] = json.loads(path.read_text(encoding='utf-8'))[part]
    return metrics


def tests_of_recorded_chain() -> str:
    """The last line of pytest; empty where the package is not in a checkout, which alone has the tests."""
    path = shipped(RECORDED_CHAIN)
    if not path.is_file():
        return ''
    command = [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', RECORDED_CHAIN]
    done = subprocess.run(command, capture_output=True, text=True, cwd=path.parents[2])
    return (done.stdout.strip() or done.stderr.strip()).splitlines()[-1]


def train(name: str, setting: Setting) -> dict:
    """Train the stage's config for as long as fits; its summary, and the number of ``iterations``.

    Raises:
        TrainingError: If the run has to stop, or the student's accuracy cannot be confirmed.
    """
    config, work_dir = setting.config(name), setting.out / name
    overrides = overrides_of(name, setting, setting.out)
    overrides = fitted(config, ITERATING * setting.minutes(name), setting.out / 'plan.json', overrides, True)
    max_iters = overrides['train_cfg.max_iters']
    overrides['default_hooks.checkpoint.interval'] = max(1, max_iters // CHECKPOINTS)
    summary = run(config, work_dir, overrides)
    if 'student_top1' in summary:
        confirm(work_dir, Path(config).name, summary['student_top1'])
    return dict(summary, iterations=max_iters)


def confirm(work_dir: Path, config: str, top1: float) -> None:
    """Measure a student once more.

    Raises:
        TrainingError: If its accuracy is not that which the run has reported.
    """
    settings = load_config(str(work_dir / config), work_dir=str(work_dir / 'test'))
    found = test(settings, str(work_dir / 'final.pth'))['accuracy/top1']
    if abs(found - top1) > 0.01:
        raise TrainingError(f'{work_dir}/final.pth was reported at {top1}% but tests at {found}%; was it replaced?')
