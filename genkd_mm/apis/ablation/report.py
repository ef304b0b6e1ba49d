"""What the runs of an ablation came to: plain data, and a Markdown table."""

import os
import statistics
from pathlib import Path

from ...utils import read_json, save_json, save_text
from ...visualization.curves import draw_accuracy
from ...visualization.tables import markdown_table, spread
from .grid import Ablation
from .plan import Run

# name in summary.json -> title and decimals; a column that no run has measured is left out
COLUMNS = dict(
    student_top1=('student top-1, %', 2),
    top1=('top-1, %', 2),
    teacher_queries=('teacher queries', 0),
    chain_reward=('reward of fresh chains, nats', 3),
    pseudo_samples=('distinct images', 0),
    generation_seconds=('generation, s', 0),
    policy_seconds=('of these policy, s', 0),
    student_seconds=('student, s', 0),
)


def results(ablation: Ablation, runs: list[Run], failures: dict[str, dict]) -> dict:
    """All metrics of an ablation.

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
        advice = 'a summary of a run: remove {} and start again'
        summaries = [read_json(run.job.makes, advice.format(run.work_dir)) for run in finished]
        for summary in summaries:
            summary.pop('config', None)  # a path
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


def mean_and_std(summaries: list[dict], name: str) -> dict | None:
    """``mean`` and ``std`` (sample standard deviation) of a metric; None unless all of the runs have it."""
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
    rows = []
    for setting in settings:
        summaries = setting['summaries']
        seeds = ', '.join(str(summary['seed']) for summary in summaries) or '-'
        values = [spread([summary.get(name) for summary in summaries], digits) for name, (_, digits) in columns.items()]
        rows.append([*setting['labels'].values(), seeds, *values])
    table = markdown_table([*settings[0]['labels'], 'seeds', *(title for title, _ in columns.values())], rows)
    return '\n'.join([table, *_notes(found)]).rstrip() + '\n'


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


def write(found: dict, out: Path) -> None:
    """``results.json``, ``table.md`` and, of students, ``accuracy.png`` in the folder, each whole or not there."""
    save_json(out / 'results.json', found)
    save_text(out / 'table.md', markdown(found))
    curves = {', '.join(setting['labels'].values()): _curves(setting['summaries']) for setting in found['settings']}
    finished = {name: seeds for name, seeds in curves.items() if seeds}
    if finished:
        draw_accuracy(finished, out / 'accuracy.png')


def _curves(summaries: list[dict]) -> list[list]:
    """The accuracy curves that count distinct images, which a prior's does not."""
    curves = [summary.get('accuracy_curve') or [] for summary in summaries]
    return [curve for curve in curves if curve and curve[-1][2] is not None]
