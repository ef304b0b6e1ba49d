"""Runs of ``tools/train.py`` in processes of their own, fitted to a budget of time."""
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from genkd_mm.engine.budget import schedule
from genkd_mm.engine.launch import load_config
from genkd_mm.utils import TrainingError, whole_file

TRAIN = Path(__file__).parents[1] / 'train.py'
CALIBRATION = 12  # iterations of a first, short run; the first third, in which memory is laid out, does not count


def run(config: str, work_dir: Path, overrides: dict) -> dict:
    """The summary of a run. One that is there is not made again, one that was cut short goes on.

    Raises:
        TrainingError: If the run fails; what it printed last is in ``work_dir``/output.txt.
    """
    summary = work_dir / 'summary.json'
    if not summary.is_file():
        work_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(TRAIN), config, '--work-dir', str(work_dir), '--resume', '--cfg-options']
        command += [f'{key}={_text(value)}' for key, value in overrides.items()]
        with (work_dir / 'output.txt').open('w') as output:
            done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT)
        if done.returncode:
            raise TrainingError(f'{config} ended with exit code {done.returncode}; {work_dir}/output.txt says why')
    return json.loads(summary.read_text())


def seconds_per_iteration(config: str, folder: Path, overrides: dict) -> float:
    """Median wall time of an iteration, from a short run in ``folder``, which is removed afterwards."""
    short = {**schedule(load_config(config, overrides), CALIBRATION), 'train_cfg.val_interval': CALIBRATION,
             'default_hooks.logger.interval': 1}
    run(config, folder, {**overrides, **short})
    scalars = [json.loads(line) for path in folder.glob('*/vis_data/scalars.json')
               for line in path.read_text().splitlines()]
    times = [entry['time'] for entry in scalars if 'data_time' in entry and entry['step'] > CALIBRATION // 3]
    shutil.rmtree(folder)
    return statistics.median(times)


def fitted(config: str, minutes: float, plan: Path, overrides: dict) -> dict:
    """Overrides that let ``config`` run for about ``minutes``, kept in ``plan`` so that every later call agrees.

    Args:
        config (str): Path of a config.
        minutes (float): Of wall time on this machine; evaluations come on top.
        plan (Path): JSON file, one entry a config.
        overrides (dict): Dotted keys that every run of the config has.
    """
    plans = json.loads(plan.read_text()) if plan.is_file() else {}
    if config not in plans:
        seconds = seconds_per_iteration(config, plan.parent / 'calibration' / Path(config).stem, overrides)
        plans[config] = dict(seconds_per_iteration=seconds, max_iters=max(1, round(60 * minutes / seconds)))
        with whole_file(plan) as file:
            file.write((json.dumps(plans, indent=2) + '\n').encode())
    return schedule(load_config(config, overrides), plans[config]['max_iters'])


def _text(value: object) -> str:
    """A value as ``--cfg-options`` reads it."""
    return f'[{",".join(map(str, value))}]' if isinstance(value, list) else str(value)
