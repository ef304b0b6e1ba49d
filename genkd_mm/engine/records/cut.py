"""The metrics of a run that has no summary."""

import os
from pathlib import Path

import pandas as pd

from ...structures.record import setting
from ...utils import ConfigError, read_checkpoint
from ..runner.resume import latest_checkpoint
from ..runner.summary import top1, top1_name
from .attempts import Attempt

FROM_CHECKPOINT = (
    'total_seconds',
    'generation_seconds',
    'policy_seconds',
    'student_seconds',
    'pseudo_samples',
    'accuracy_curve',
)


def of_a_cut_run(work_dir: Path, attempts: list[Attempt], config: dict, log: pd.DataFrame, notes: list[str]) -> dict:
    """What the last checkpoint and the log contain, under the names of summary.json.

    Args:
        work_dir (Path): With the checkpoints.
        attempts (list[Attempt]): The starts of this run; a checkpoint of another one is not read.
        config (dict): The dumped config.
        log (DataFrame): The joined log.
        notes (list[str]): The sources of the metrics are added here.
    """
    figures = dict(seed=setting(config, 'randomness.seed')) | of_checkpoint(work_dir, attempts, notes)
    tags = (top1_name(log.columns), 'chain/reward')
    tested, rewards = (log.get(tag, pd.Series(dtype=float)).dropna() for tag in tags)
    if len(tested):
        figures['student_top1' if setting(config, 'model.architecture') else 'top1'] = float(tested.iloc[-1])
        notes.append(f'The accuracy is that of iteration {tested.index[-1]}, the last evaluation before the cut.')
    if len(rewards):
        figures['chain_reward'] = float(rewards.iloc[-1])
    return figures


def of_checkpoint(work_dir: Path, attempts: list[Attempt], notes: list[str]) -> dict:
    """The metrics in the latest checkpoint, if one of ``attempts`` wrote it."""
    try:
        path, damaged = latest_checkpoint(str(work_dir))
        notes += [f'{sentence}.' for sentence in damaged]
        checkpoint = read_checkpoint(path, 'The latest checkpoint') if path else {}
    except ConfigError as error:  # the page is made without it
        notes.append(f'{error}.')
        return {}
    meta = checkpoint.get('meta') or {}
    # mmengine's name of an experiment ends with the time of the start, which names the folder too
    if not str(meta.get('experiment_name')).endswith(tuple(attempt.name for attempt in attempts)):
        return {}
    notes.append(f'Seconds and images are those of {os.path.basename(path)}.')
    info = checkpoint.get('metrics') or {}
    figures = {key: info.get(key) for key in FROM_CHECKPOINT}
    figures |= dict(seed=meta.get('seed'), divergence_events=len(info.get('divergence_events') or ()))
    teachers = {
        name.removeprefix('teacher '): top1(metrics)
        for name, metrics in (info.get('initial') or {}).items()
        if name.startswith('teacher ')
    }
    return figures | (dict(teacher_top1=teachers) if teachers else {})
