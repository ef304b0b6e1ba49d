"""Sets of samples and their students, as plain data and as rows of a table."""

import statistics

from ..evaluation.quality import FIGURES
from .scatter import Run, by_name
from .spread import spread

SHOWN = dict(
    fid='FID', inception_score='IS', precision='prec.', recall='recall', diversity_ratio='div. ratio', agreement='agree'
)


def results(runs: list[Run]) -> dict:
    """All figures of sample sets that were measured in one way.

    Args:
        runs (list[Run]): At least one; those of one name are students of the same set.

    Returns:
        dict: ``features``, ``number`` and ``data`` of the measurement, and ``sets``, the best students first, with for
        each the name ``samples``, every figure of ``FIGURES`` and the list ``student_top1`` in percent.
    """
    sets = [
        dict(
            samples=name,
            **{figure: students[0].quality.get(figure) for figure in FIGURES},
            student_top1=[run.summary['student_top1'] for run in students],
        )
        for name, students in by_name(runs).items()
    ]
    sets.sort(key=lambda row: -statistics.mean(row['student_top1']))
    return {key: runs[0].quality[key] for key in ('features', 'number', 'data')} | dict(sets=sets)


def rows(found: dict, figure: str = 'fid') -> list[list[str]]:
    """Header and one row a set, ``figure`` among the columns."""
    columns = SHOWN if figure in SHOWN else {figure: figure, **SHOWN}
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
    return '\n'.join('| ' + ' | '.join(cells) + ' |' for cells in (header, ['---'] * len(header), *lines)) + '\n'
