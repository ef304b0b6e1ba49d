"""The metrics of a run that has no summary."""

import os
from pathlib import Path

import pandas as pd

from ...utils import ConfigError, read_checkpoint
from ...utils.settings import setting
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
    """What the last checkpoint and the log tell, under the names of summary.json; ``notes`` gets where they are from.

    A checkpoint of another run than that of ``attempts`` is not read; ``log`` is the joined log.
    """
    metrics = dict(seed=setting(config, 'randomness.seed')) | of_checkpoint(work_dir, attempts, notes)
    tags = (top1_name(log.columns), 'chain/reward')
    tested, rewards = (log.get(tag, pd.Series(dtype=float)).dropna() for tag in tags)
    if len(tested):
        metrics['student_top1' if setting(config, 'model.architecture') else 'top1'] = float(tested.iloc[-1])
        notes.append(f'The accuracy is that of iteration {tested.index[-1]}, the last evaluation before the cut.')
    if len(rewards):
        metrics['chain_reward'] = float(rewards.iloc[-1])
    return metrics


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
    metrics = {key: info.get(key) for key in FROM_CHECKPOINT}
    metrics |= dict(seed=meta.get('seed'), divergence_events=len(info.get('divergence_events') or ()))
    teachers = {
        name.removeprefix('teacher '): top1(metrics)
        for name, metrics in (info.get('initial') or {}).items()
        if name.startswith('teacher ')
    }
    return metrics | (dict(teacher_top1=teachers) if teachers else {})
