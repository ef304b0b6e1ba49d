"""What one busy process beside a run costs it, and what threads that do not spin cost a run that is alone."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...utils import ConfigError, TrainingError, shipped
from .timing import interleaved, ratio, spread

TRAIN = shipped('tools/train.py')
TEACHER = str(shipped('configs/teachers/resnet18_digits.py'))
PRIOR = str(shipped('configs/priors/jem_wrn10x1_digits.py'))
GENKD = str(shipped('configs/baselines/policy_gradient_digits.py'))
ITS_PRIOR = str(shipped('configs/priors/energy_matching_digits.py'))
SPINNING = dict(GOMP_SPINCOUNT='300000', OMP_NUM_THREADS='2')  # libgomp's own count, and no choice of threads
BUSY = """
import torch
torch.set_num_threads(1)
matrix = torch.rand(512, 512)
matrix @ matrix
print('busy', flush=True)
while True:
    matrix @ matrix
"""


@contextmanager
def two_cores() -> Iterator[None]:
    """This process, and what it starts, on the same two cores."""
    allowed = os.sched_getaffinity(0)
    if len(allowed) < 2:
        raise ConfigError('--only contention needs two cores but this process may use one; allow it another (taskset)')
    os.sched_setaffinity(0, sorted(allowed)[:2])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


@contextmanager
def busy_process() -> Iterator[None]:
    """One process that multiplies matrices on one thread without a pause."""
    process = subprocess.Popen([sys.executable, '-c', BUSY], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()  # it has begun
        yield
    finally:
        process.kill()
        process.communicate()


def train(config: str, folder: Path, iterations: int, given: dict[str, str], **environment: str) -> float:
    """Seconds that a training of so many iterations takes in a process of its own, its start not counted.

    Raises:
        TrainingError: If it fails.
    """
    overrides = {'train_cfg.max_iters': iterations, 'train_cfg.val_interval': iterations, **given}
    options = [f'{key}={value}' for key, value in overrides.items()]
    chosen = ('GOMP_SPINCOUNT', 'OMP_NUM_THREADS', 'OMP_WAIT_POLICY')  # a user who sets nothing has none of them
    own = {name: value for name, value in os.environ.items() if name not in chosen}
    done = subprocess.run(
        [sys.executable, str(TRAIN), config, '--work-dir', str(folder), '--cfg-options', *options],
        env={**own, 'CUDA_VISIBLE_DEVICES': '', **environment},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise TrainingError(f'{config} ended with exit code {done.returncode}: {done.stderr.strip()}')
    return json.loads((folder / 'summary.json').read_text(encoding='utf-8'))['total_seconds']


def measure(prior_iterations: int, genkd_iterations: int, rounds: int) -> dict:
    """Seconds of the digits' prior and of GenKD on the digits: alone, beside one busy process, alone and spinning.

    The processes share two cores and take turns. Teacher and prior of the GenKD run are of three iterations.

    Returns:
        dict: Of each of the two ``seconds``, ``busy_over_idle`` and ``idle_over_spinning``.

    Raises:
        ConfigError: If this process may use one core alone.
        TrainingError: If a training fails.
    """
    with two_cores(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(TEACHER, folder / 'teacher', 3, {})
        train(ITS_PRIOR, folder / 'prior', 3, {})
        given = {
            'prerequisites': '[]',
            'model.teachers.teacher.ckpt_path': f'{folder}/teacher/final.pth',
            'model.generator.init_cfg.checkpoint': f'{folder}/prior/final.pth',
        }
        return dict(
            cores=2,
            prior=compare(PRIOR, folder / 'run', prior_iterations, rounds, {}),
            genkd=compare(GENKD, folder / 'run', genkd_iterations, rounds, given),
        )


def compare(config: str, folder: Path, iterations: int, rounds: int, given: dict[str, str]) -> dict:
    """The metrics of one config."""

    def beside_another() -> float:
        with busy_process():
            return train(config, folder, iterations, given)

    contenders = dict(
        idle=lambda: train(config, folder, iterations, given),
        busy=beside_another,
        spinning=lambda: train(config, folder, iterations, given, **SPINNING),
    )
    times = interleaved(contenders, rounds, timer=lambda contender: contender())
    return dict(
        iterations=iterations,
        seconds={name: spread(found) for name, found in times.items()},
        busy_over_idle=ratio(times['busy'], times['idle']),
        idle_over_spinning=ratio(times['idle'], times['spinning']),
    )
