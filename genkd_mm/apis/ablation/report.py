"""What the runs of an ablation came to: plain data, and a Markdown table."""

import json
import os
import statistics
from pathlib import Path

from ...utils import ConfigError, atomic_write
from ...visualization.spread import spread
from .grid import Ablation
from .plan import Run

# name in summary.json -> title and decimals; a column that no run has measured is left out
COLUMNS = dict(
    student_top1=('student top-1, %', 2),
    top1=('top-1, %', 2),
    chain_reward=('reward of fresh chains, nats', 3),
    pseudo_samples=('distinct images', 0),
    generation_seconds=('generation, s', 0),
    policy_seconds=('of these policy, s', 0),
    student_seconds=('student, s', 0),
)


def results(ablation: Ablation, runs: list[Run], failures: dict[str, dict]) -> dict:
    """All figures of an ablation.

    Args:
        ablation (Ablation): What was asked for.
        runs (list[Run]): Its grid.
        failures (dict[str, dict]): By name, the ``reason`` and the ``log`` (None if it did not start) of all that
            failed in this call, shared runs included.

    Returns:
        dict: ``ablation``, ``base``, ``seeds``; ``settings``, a list with for each the ``labels`` by axis, the
        ``figures`` (``mean`` and sample standard deviation ``std`` over the finished seeds; None where one of them has
        not measured it, ``std`` also of a single seed), the ``summaries`` of the finished seeds and the ``unfinished``
        seeds; and ``failures``.
    """
    settings = []
    for labels in ablation.settings:
        of_setting = [run for run in runs if run.setting == labels]
        finished = [run for run in of_setting if run.job.finished]
        summaries = [summary_of(run) for run in finished]
        settings.append(
            dict(
                labels=labels,
                figures={name: mean_and_std(summaries, name) for name in COLUMNS},
                summaries=summaries,
                unfinished=[run.seed for run in of_setting if run not in finished],
            )
        )
    return dict(
        ablation=os.path.relpath(ablation.path),
        base=os.path.relpath(ablation.base),
        seeds=ablation.seeds,
        settings=settings,
        failures=failures,
    )


def summary_of(run: Run) -> dict:
    """``summary.json`` of a finished run, without the path of its config.

    Raises:
        ConfigError: If it cannot be read.
    """
    try:
        summary = json.loads(run.job.makes.read_text(encoding='utf-8'))
        return {name: value for name, value in summary.items() if name != 'config'}
    except (ValueError, AttributeError) as error:
        raise ConfigError(
            f'{run.job.makes} is no summary of a run ({error}); remove {run.work_dir} and start again'
        ) from error


def mean_and_std(summaries: list[dict], name: str) -> dict | None:
    """``mean`` and ``std`` (sample standard deviation) of a figure; None unless all of the runs have it."""
    values = [summary.get(name) for summary in summaries]
    if not values or None in values:
        return None
    return dict(mean=statistics.mean(values), std=statistics.stdev(values) if len(values) > 1 else None)


def markdown(found: dict) -> str:
    """The results as a Markdown table, one row a setting, with what failed and what is not finished below it."""
    settings = found['settings']
    columns = {
        name: column
        for name, column in COLUMNS.items()
        if any(summary.get(name) is not None for setting in settings for summary in setting['summaries'])
    }
    axes = list(settings[0]['labels'])
    lines = [
        _row(*axes, 'seeds', *(title for title, _ in columns.values())),
        '|---' * (len(axes) + 1 + len(columns)) + '|',
    ]
    for setting in settings:
        summaries = setting['summaries']
        seeds = ', '.join(str(summary['seed']) for summary in summaries)
        figures = (
            spread([summary.get(name) for summary in summaries], digits) if summaries else '-'
            for name, (_, digits) in columns.items()
        )
        lines.append(_row(*setting['labels'].values(), seeds or '-', *figures))
    return '\n'.join([*lines, '', *_notes(found)]).rstrip() + '\n'


def _notes(found: dict) -> list[str]:
    open_runs = [
        f'{", ".join(f"{axis} {label}" for axis, label in setting["labels"].items())} '
        f'(seed {", ".join(map(str, setting["unfinished"]))})'
        for setting in found['settings']
        if setting['unfinished']
    ]
    notes = [f'Not finished: {"; ".join(open_runs)}.', ''] if open_runs else []
    for name, failure in found['failures'].items():
        where = f' (log: {failure["log"]})' if failure['log'] else ''
        notes.append(f'- failed: {name}: {failure["reason"]}{where}')
    return notes


def _row(*cells: str) -> str:
    return '| ' + ' | '.join(cell.replace('|', '\\|') for cell in cells) + ' |'


def write(found: dict, out: Path) -> None:
    """``results.json`` and ``table.md`` in the output folder, each whole or not there."""
    for name, text in (('results.json', json.dumps(found, indent=2) + '\n'), ('table.md', markdown(found))):
        with atomic_write(out / name) as file:
            file.write(text.encode())
