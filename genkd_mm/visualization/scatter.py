"""The quality of samples against what students learn from them."""

import statistics
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from scipy.stats import spearmanr

from ..evaluation.quality import FIGURES
from ..utils import ConfigError, atomic_write

MARKERS = 'osD^v<>PX*'


class Run(NamedTuple):
    """A set of samples and the student that was trained on it.

    Attributes:
        name (str): Of the set; several students of one set share it.
        quality (dict): quality.json of tools/evaluate_samples.py.
        summary (dict): summary.json of tools/train.py.
    """

    name: str
    quality: dict
    summary: dict


def points(runs: list[Run], figure: str) -> list[tuple[float, float]]:
    """(figure, student's top-1 in percent) of each run.

    Raises:
        ConfigError: If the figure is unknown or a run has not measured it, or the features are not the same.
    """
    if figure not in FIGURES:
        raise ConfigError(f'--figure is {figure!r}; expected one of {", ".join(FIGURES)}')
    for run in runs:
        for where, value in (('quality', run.quality.get(figure)), ('summary', run.summary.get('student_top1'))):
            if value is None:
                wanted = figure if where == 'quality' else 'student_top1'
                raise ConfigError(
                    f'The {where} of run {run.name} has no {wanted}; give the JSON of a run that '
                    'measured it' + (', with --data' if where == 'quality' else '')
                )
    if len({(run.quality['features'], run.quality['number'], run.quality['data']) for run in runs}) > 1:
        raise ConfigError(
            'The sample sets were measured with different features, numbers of samples or data, so that '
            'their figures cannot be compared; measure all of them in one way'
        )
    return [(run.quality[figure], run.summary['student_top1']) for run in runs]


def by_name(runs: list[Run]) -> dict[str, list[Run]]:
    """The students of each set.

    Raises:
        ConfigError: If two runs of one name have different figures of quality.
    """
    sets: dict[str, list[Run]] = {}
    for run in runs:
        students = sets.setdefault(run.name, [])
        if students and run.quality != students[0].quality:
            raise ConfigError(
                f'The runs of the name {run.name} have different figures of quality; give every set of '
                'samples a name of its own'
            )
        students.append(run)
    return sets


def rank_correlation(pairs: list[tuple[float, float]]) -> float | None:
    """Spearman's rank correlation; None with fewer than three pairs or if all values of one side are equal."""
    if len(pairs) < 3 or any(len(set(values)) == 1 for values in zip(*pairs)):
        return None
    return float(spearmanr(*zip(*pairs)).statistic)


def draw_scatter(runs: list[Run], figure: str, path: Path) -> None:
    """One point a run, one colour a set, as a PNG; ``fid``, which has no upper end, on a logarithmic axis.

    Raises:
        ConfigError: As :func:`points` and :func:`by_name`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pairs = points(runs, figure)
    correlation = rank_correlation(pairs)
    canvas = Figure(figsize=(8, 5), layout='constrained')
    FigureCanvasAgg(canvas)
    axes = canvas.subplots()
    sets = {name: points(students, figure) for name, students in by_name(runs).items()}
    for marker, (name, found) in zip(cycle(MARKERS), sorted(sets.items(), key=lambda item: -_mean_top1(item[1]))):
        figures, accuracies = zip(*found)
        axes.scatter(figures, accuracies, marker=marker, s=50, alpha=0.8, label=name)  # the best first in the legend
    if figure == 'fid' and min(value for value, _ in pairs) > 0:
        axes.set_xscale('log')
    title = f"Quality and the student's accuracy, {len(sets)} sets of samples"
    if correlation is not None:
        title += f"\nSpearman's rank correlation {correlation:.2f}"
    axes.set(xlabel=f'{figure} ({FIGURES[figure]})', ylabel='student top-1, %', title=title)
    axes.grid(alpha=0.3)
    canvas.legend(loc='outside right upper', fontsize='small')
    with atomic_write(path) as file:
        canvas.savefig(file, dpi=120, format='png')


def _mean_top1(pairs: list[tuple[float, float]]) -> float:
    return statistics.mean(top1 for _, top1 in pairs)
