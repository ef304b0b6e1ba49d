"""Runs one after the other in this process, fitted to a budget of time."""

import itertools
import json
import shutil
import statistics
from collections.abc import Sequence
from pathlib import Path

from ..engine.runner.config import load_config
from ..engine.runner.launch import process_group
from ..engine.runner.schedule import schedule
from ..utils import ConfigError, save_json
from .train import train

CALIBRATION = 36  # iterations of a first, short run
COUNTED = 12  # the last of them: in the first, memory is laid out and GenKD's cache of the teacher fills; 12 has
# whole periods of most intervals
TIMES = {  # in every run, whatever its config has
    'train_cfg.val_interval': 8,
    'default_hooks.sample_grid.interval': 2,
    'default_hooks.chain_reward.interval': 2,
}


def compare(
    configs: Sequence[str], minutes: float, out: str | Path, seeds: Sequence[int] = (0,), overrides: dict | None = None
) -> dict[str, dict]:
    """Run configs for the same wall time, each for some seeds: the comparison of methods on equal terms.

    A first, short run of each config measures its seconds per iteration, which set its length and its schedules; they
    are kept in OUT/plan.json for all its seeds. Each run is in OUT/NAME_seedN. A finished run is not made again, and an
    interrupted one is resumed.

    Args:
        configs (Sequence[str]): Paths of configs; their teachers and priors are those that they name.
        minutes (float): Wall time of a run without its evaluations.
        out (str | Path): Folder of the runs.
        seeds (Sequence[int]): ``randomness.seed`` of the runs. Defaults to 0 alone.
        overrides (dict, optional): Dotted keys that every run has.

    Returns:
        dict[str, dict]: Each run's summary, by its folder's name.

    Raises:
        ConfigError, TrainingError, SystemExit: As :func:`genkd_mm.apis.train`.
    """
    if not minutes > 0:
        raise ConfigError(f'--minutes is {minutes}; expected more than 0')
    overrides, out, summaries = overrides or {}, Path(out), {}
    for config in configs:  # or raises, before anything is made
        load_config(config, overrides)
    out.mkdir(parents=True, exist_ok=True)
    with process_group('none'):
        for seed, config in itertools.product(seeds, configs):
            own = {**fitted(config, minutes, out / 'plan.json', overrides), 'randomness.seed': seed}
            name = f'{Path(config).stem}_seed{seed}'
            summary = summaries[name] = run(config, out / name, own)
            top1 = summary.get('student_top1', summary.get('top1'))
            print(f'{name}: {top1}% after {summary["total_seconds"]:.0f} s')
    return summaries


def run(config: str, work_dir: Path, overrides: dict) -> dict:
    """The summary of a run of a config. A finished run is reused, an interrupted one is resumed."""
    summary = work_dir / 'summary.json'
    if not summary.is_file():
        train(load_config(config, overrides, str(work_dir)), resume=True)
    return json.loads(summary.read_text(encoding='utf-8'))


def seconds_per_iteration(config: str, folder: Path, overrides: dict) -> float:
    """Mean wall time of an iteration, from a short run in ``folder``, which is removed afterwards."""
    short = {**_fitted(config, overrides, CALIBRATION), 'train_cfg.val_interval': CALIBRATION}
    shutil.rmtree(folder, ignore_errors=True)
    settings = load_config(config, {**overrides, **short}, str(folder))
    settings.default_hooks.pop('fill_chains', None)  # the end of a prior's training, which is no iteration
    runner = train(settings)
    times, _ = runner.message_hub.get_scalar('train/time').data
    shutil.rmtree(folder)
    return statistics.mean(times[-COUNTED:])


def fitted(config: str, minutes: float, plan: Path, overrides: dict, at_most_own: bool = False) -> dict:
    """Overrides that let ``config`` run for about ``minutes`` of wall time here, without its evaluations.

    The JSON file ``plan`` keeps them, so every later call agrees. ``overrides`` are dotted keys that every run of the
    config has; with ``at_most_own`` its own length is the most.
    """
    plans = json.loads(plan.read_text(encoding='utf-8')) if plan.is_file() else {}
    if config not in plans:
        seconds = seconds_per_iteration(config, plan.parent / 'calibration' / Path(config).stem, overrides)
        own = load_config(config, overrides).train_cfg.max_iters
        max_iters = min(own, round(60 * minutes / seconds)) if at_most_own else round(60 * minutes / seconds)
        plans[config] = dict(minutes=minutes, seconds_per_iteration=seconds, max_iters=max(1, max_iters))
        save_json(plan, plans)
    if plans[config]['minutes'] != minutes:
        raise ConfigError(
            f'{plan} has fitted {config} to {plans[config]["minutes"]} minutes, now they are {minutes}; '
            'name another folder, or the minutes of then'
        )
    return {**overrides, **_fitted(config, overrides, plans[config]['max_iters'])}


def _fitted(config: str, overrides: dict, max_iters: int) -> dict:
    """The schedule of ``config`` for ``max_iters`` iterations, with as many evaluations as every other run."""
    lengths = schedule(load_config(config, overrides), max_iters)
    return lengths | {key: max(1, max_iters // times) for key, times in TIMES.items() if key in lengths}
