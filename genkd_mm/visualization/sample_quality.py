"""The quality of samples against what students learn from them: as plain data, as a table, and as a plot."""

import statistics
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from scipy.stats import spearmanr

from ..evaluation.quality import METRICS
from ..utils import ConfigError, atomic_write
from .tables import markdown_table, spread

SHOWN = dict(
    fid='FID', inception_score='IS', precision='prec.', recall='recall', diversity_ratio='div. ratio', agreement='agree'
)
MARKERS = 'osD^v<>PX*'


class Run(NamedTuple):
    """A set of samples and the student that was trained on it."""

    name: str  # of the set; several students of one set share it
    quality: dict  # quality.json of tools/evaluate_samples.py
    summary: dict  # summary.json of tools/train.py


def points(runs: list[Run], metric: str) -> list[tuple[float, float]]:
    """(metric, student's top-1 in percent) of each run."""
    if metric not in METRICS:
        raise ConfigError(f'--metric is {metric!r}; expected one of {", ".join(METRICS)}')
    for run in runs:
        for where, value in (('quality', run.quality.get(metric)), ('summary', run.summary.get('student_top1'))):
            if value is None:
                wanted = metric if where == 'quality' else 'student_top1'
                raise ConfigError(
                    f'The {where} of run {run.name} has no {wanted}; give the JSON of a run that '
                    'measured it' + (', with --data' if where == 'quality' else '')
                )
    if len({(run.quality['features'], run.quality['number'], run.quality['data']) for run in runs}) > 1:
        raise ConfigError(
            'The sample sets were measured with different features, numbers of samples or data, so '
            'their metrics cannot be compared; measure all of them in one way'
        )
    return [(run.quality[metric], run.summary['student_top1']) for run in runs]


def by_name(runs: list[Run]) -> dict[str, list[Run]]:
    """The students of each set."""
    sets: dict[str, list[Run]] = {}
    for run in runs:
        students = sets.setdefault(run.name, [])
        if students and run.quality != students[0].quality:
            raise ConfigError(
                f'The runs of the name {run.name} have different metrics of quality; give every set of '
                'samples a name of its own'
            )
        students.append(run)
    return sets


def rank_correlation(pairs: list[tuple[float, float]]) -> float | None:
    """Spearman's rank correlation; None with fewer than three pairs or if all values of one side are equal."""
    if len(pairs) < 3 or any(len(set(values)) == 1 for values in zip(*pairs)):
        return None
    return float(spearmanr(*zip(*pairs)).statistic)


def results(runs: list[Run]) -> dict:
    """All metrics of sample sets that were measured in one way.

    Args:
        runs (list[Run]): At least one; those of one name are students of the same set.

    Returns:
        dict: ``features``, ``number`` and ``data`` of the measurement, and ``sets``, the best students first, with for
        each the name ``samples``, every metric of ``METRICS`` and the list ``student_top1`` in percent.
    """
    sets = [
        dict(
            samples=name,
            **{metric: students[0].quality.get(metric) for metric in METRICS},
            student_top1=[run.summary['student_top1'] for run in students],
        )
        for name, students in by_name(runs).items()
    ]
    sets.sort(key=lambda row: -statistics.mean(row['student_top1']))
    return {key: runs[0].quality[key] for key in ('features', 'number', 'data')} | dict(sets=sets)


def rows(found: dict, metric: str = 'fid') -> list[list[str]]:
    """Header and one row a set, ``metric`` among the columns."""
    columns = SHOWN if metric in SHOWN else {metric: metric, **SHOWN}
    return [['samples', *columns.values(), 'student, %']] + [
        [
            row['samples'],
            *('-' if row[name] is None else f'{row[name]:.3g}' for name in columns),
            spread(row['student_top1'], 2),
        ]
        for row in found['sets']
    ]


def markdown(found: dict) -> str:
    """The rows as a Markdown table."""
    header, *lines = rows(found)
    return markdown_table(header, lines)


def draw_scatter(runs: list[Run], metric: str, path: Path) -> None:
    """One point a run, one colour a set, as a PNG; ``fid``, which has no upper end, on a logarithmic axis."""
    from matplotlib.figure import Figure

    pairs = points(runs, metric)
    correlation = rank_correlation(pairs)
    figure = Figure(figsize=(8, 5), layout='constrained')
    axes = figure.subplots()
    sets = {name: points(students, metric) for name, students in by_name(runs).items()}
    best_first = sorted(sets, key=lambda name: -statistics.mean(top1 for _, top1 in sets[name]))
    for marker, name in zip(cycle(MARKERS), best_first):
        axes.scatter(*zip(*sets[name]), marker=marker, s=50, alpha=0.8, label=name)
    if metric == 'fid' and min(value for value, _ in pairs) > 0:
        axes.set_xscale('log')
    title = f"Quality and the student's accuracy, {len(sets)} sets of samples"
    if correlation is not None:
        title += f"\nSpearman's rank correlation {correlation:.2f}"
    axes.set(xlabel=f'{metric} ({METRICS[metric]})', ylabel='student top-1, %', title=title)
    axes.grid(alpha=0.3)
    figure.legend(loc='outside right upper', fontsize='small')
    with atomic_write(path) as file:
        figure.savefig(file, dpi=120, format='png')
