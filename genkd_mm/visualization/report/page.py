"""The page: tables, and the template that holds them and the rest."""

import pprint
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ...evaluation.quality import FIGURES
from ..quality_table import SHOWN
from ..scatter import rank_correlation
from ..spread import spread
from .configs import ABSENT, differences, given
from .curves import Key, Plot, accuracy_plots, chain_plots, key, keys_of, loss_plots
from .pictures import embedded, strip
from .plots import Series, draw
from .quality import Evaluation, pairs, scatters
from .records import Record, groups_of, is_number

COLUMNS = (
    ('student top-1, %', 'student_top1', 2),
    ('distinct pseudo samples', 'pseudo_samples', 0),
    ('reward of fresh chains, nats', 'chain_reward', 3),
    ('generation and policy, s', 'generation_seconds', 1),
    ('policy alone, s', 'policy_seconds', 1),
    ('student, s', 'student_seconds', 1),
    ('total, s', 'total_seconds', 1),
)
MEANING = FIGURES | dict(diversity_ratio='mean distance of two samples of a class, over the same of real images')
SHORT = 60  # characters of a config value that a table shows at once


class Cell(NamedTuple):
    """What a cell shows, and the exact number behind it, if it is one."""

    text: str
    value: float | None = None


def cell(value, digits: int = 2) -> Cell:
    """A figure of a table."""
    if value is None:
        return Cell('–')
    if isinstance(value, dict):
        values = list(value.values())
        return (
            cell(values[0], digits)
            if len(values) == 1
            else Cell(', '.join(f'{name}: {cell(figure, digits).text}' for name, figure in value.items()) or '–')
        )
    return Cell(f'{value:,.{digits}f}', value) if is_number(value) else Cell(str(value))


def summary_rows(groups: list[list[Record]], keys: list[Key]) -> list[dict]:
    """A row for each run."""
    rows = []
    for group, look in zip(groups, keys):
        for record in group:
            figures = record.figures
            cells = [cell(figures.get(name), digits) for _, name, digits in COLUMNS]
            if 'student_top1' not in figures and record.top1 is not None:
                cells[0] = Cell(f'{cell(record.top1).text} (no student)', record.top1)
            rows.append(
                dict(
                    record=record,
                    key=look,
                    seed=cell(figures.get('seed'), 0),
                    given=given(record.config) or '–',
                    teacher=cell(figures.get('teacher_top1')),
                    cells=cells,
                    device=cell(figures.get('device')),
                    events=cell(figures.get('divergence_events'), 0),
                )
            )
    return rows


def mean_rows(groups: list[list[Record]], keys: list[Key]) -> list[dict]:
    """Mean and standard deviation of each config with several complete runs."""
    rows = []
    for group, look in zip(groups, keys):
        complete = [record for record in group if record.complete]
        if len(complete) > 1:
            figures = [[record.figures.get(name) for record in complete] for _, name, _ in COLUMNS]
            figures = [[value if is_number(value) else None for value in values] for values in figures]
            rows.append(
                dict(
                    key=look,
                    seeds=', '.join(cell(record.figures.get('seed'), 0).text for record in complete),
                    cells=[
                        '–' if None in values else spread(values, digits)
                        for values, (_, _, digits) in zip(figures, COLUMNS)
                    ],
                )
            )
    return rows


def quality_rows(evaluations: list[Evaluation]) -> list[dict]:
    """A row for each set of samples and student, the best student first."""
    rows = []
    for evaluation in evaluations:
        for record in evaluation.records or [None]:
            rows.append(
                dict(
                    name=evaluation.name,
                    number=cell(evaluation.quality['number'], 0),
                    run=record.name if record else '–',
                    top1=cell(record and record.top1),
                    cells=[cell(evaluation.quality.get(figure), 3) for figure in SHOWN],
                )
            )
    return sorted(rows, key=lambda row: -(row['top1'].value or 0))


def quality_plots(evaluations: list[Evaluation]) -> list[Plot]:
    """Each figure of quality against the students' accuracy."""
    runs = pairs(evaluations)
    keys = [key(look, run.name) for look, run in enumerate(runs)]
    plots = []
    for figure, points in scatters(runs).items():
        series = [Series([x], [y], look, '') for look, (x, y) in enumerate(points)]
        correlation = rank_correlation(points)
        caption = f'{MEANING[figure][0].upper()}{MEANING[figure][1:]}.'
        if correlation is not None:
            caption += f" Spearman's rank correlation {correlation:.2f}, {len(points)} points."
        svg = draw(series, f'quality_{figure}', figure, 'student top-1, %', spread_x=figure == 'fid')
        plots.append(Plot(SHOWN[figure], caption, svg, keys))
    return plots


def difference_rows(records: list[Record]) -> list[dict]:
    """A row for each config key that differs: short text, and the whole value where that is longer."""
    return [
        dict(key=name, values=[None if value is ABSENT else shown(value) for value in values])
        for name, values in differences([record.config for record in records]).items()
    ]


def shown(value) -> tuple[str, str | None]:
    """A config value on one line, and on several if that is too long."""
    text = one_line(value)
    if len(text) <= SHORT:
        return text, None
    return f'{text[:SHORT]}…', pprint.pformat(value, width=72)


def one_line(value) -> str:
    """A config value with components as ``Type(key=value)``."""
    if isinstance(value, list):
        return f'[{", ".join(map(one_line, value))}]'
    if not isinstance(value, dict):
        return repr(value)
    rest = ', '.join(f'{key}={one_line(item)}' for key, item in value.items() if key != 'type')
    return f'{value.get("type", "dict")}({rest})'


def page(records: list[Record], evaluations: list[Evaluation]) -> str:
    """The whole page as HTML; the template escapes everything that is not an SVG of ours.

    Raises:
        ConfigError: If the sample sets were measured in ways that cannot be compared.
    """
    groups = groups_of(records)
    keys = keys_of(groups)
    configured = [record for record in records if record.config]
    strips = [strip(f'{record.name}: {name}', files) for record in records for name, files in record.pictures.items()]
    grids = [picture for one in evaluations if one.picture and (picture := embedded(one.picture, one.name))]
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters['svg'] = Markup  # drawn by plots.py, where matplotlib escapes all text
    return environment.get_template('page.html').render(
        records=records,
        complete=sum(record.complete for record in records),
        columns=[title for title, _, _ in COLUMNS],
        rows=summary_rows(groups, keys),
        means=mean_rows(groups, keys),
        accuracy=accuracy_plots(groups, keys),
        chains=chain_plots(groups, keys),
        losses=loss_plots(groups, keys),
        strips=strips,
        evaluations=evaluations,
        quality_columns=SHOWN.values(),
        quality_rows=quality_rows(evaluations),
        quality_plots=quality_plots(evaluations),
        grids=grids,
        configured=configured,
        unconfigured=[record for record in records if not record.config],
        differences=difference_rows(configured),
    )
