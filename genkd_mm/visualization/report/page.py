"""The page: tables, and the template that holds them and the rest."""

import base64
import hashlib
import pprint
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from ...evaluation.quality import METRICS
from ...structures.record import Record, is_number
from ..sample_quality import SHOWN, rank_correlation
from ..tables import spread
from .configs import ABSENT, differences, given, identity
from .figures import Group, Plot, accuracy_plots, chain_plots, loss_plots, scatter_plot
from .pictures import embedded, strip
from .quality import Evaluation, pairs, scatters

HERE = Path(__file__).parent
# Between light and dark, so they show on both.
COLORS = ('#2f7ed8', '#e0701a', '#1f9d6b', '#c0447a', '#8a6fd1', '#a8851a', '#159bb0', '#7a8594')
COLUMNS = (
    ('student top-1, %', 'student_top1', 2),
    ('distinct pseudo samples', 'pseudo_samples', 0),
    ('reward of fresh chains, nats', 'chain_reward', 3),
    ('generation and policy, s', 'generation_seconds', 1),
    ('policy alone, s', 'policy_seconds', 1),
    ('student, s', 'student_seconds', 1),
    ('total, s', 'total_seconds', 1),
)
MEANING = METRICS | dict(diversity_ratio='mean distance of two samples of a class, over the same of real images')
SHORT = 60  # characters of a config value that a table shows at once


class Cell(NamedTuple):
    """What a cell shows, and the exact number behind it, if it is one."""

    text: str
    value: float | None = None


def cell(value, digits: int = 2) -> Cell:
    """A metric of a table."""
    if value is None:
        return Cell('–')
    if isinstance(value, dict):
        values = list(value.values())
        return (
            cell(values[0], digits)
            if len(values) == 1
            else Cell(', '.join(f'{name}: {cell(metric, digits).text}' for name, metric in value.items()) or '–')
        )
    return Cell(f'{value:,.{digits}f}', value) if is_number(value) else Cell(str(value))


def groups_of(records: list[Record]) -> list[Group]:
    """Runs of one config, which differ in their seeds alone.

    They may have a teacher and a prior for each seed; runs of one seed with different checkpoints are not of one group.
    """
    table = pd.DataFrame(
        dict(
            record=records,
            seed=[str(record.metrics.get('seed')) for record in records],
            config=[record.config_name + identity(record.config, checkpoints=False) for record in records],
            exact=[record.config_name + identity(record.config, checkpoints=True) for record in records],
        )
    )
    repeated = table.groupby('config')['seed'].transform(lambda seeds: seeds.duplicated().any()).astype(bool)
    key = table['config'].where(~repeated, table['exact'])
    members = [list(group) for _, group in table['record'].groupby(key, sort=False)]
    return [Group(name, color, group) for name, color, group in zip(names_of(members), cycle(COLORS), members)]


def names_of(groups: list[list[Record]]) -> list[str]:
    """What a legend calls each group of runs."""
    configs = [group[0].config_name for group in groups]
    names = []
    for group, name in zip(groups, configs):
        if configs.count(name) > 1:
            name = f'{name}: {", ".join(record.name for record in group)}'
        elif len(group) > 1:
            name = f'{name} ({len(group)} runs)'
        names.append(name)
    return names


def summary_rows(groups: list[Group]) -> list[dict]:
    """A row for each run."""
    rows = []
    for group in groups:
        for record in group.records:
            metrics = record.metrics
            cells = [cell(metrics.get(name), digits) for _, name, digits in COLUMNS]
            if 'student_top1' not in metrics and record.top1 is not None:
                cells[0] = Cell(f'{cell(record.top1).text} (no student)', record.top1)
            rows.append(
                dict(
                    record=record,
                    color=group.color,
                    seed=cell(metrics.get('seed'), 0),
                    given=given(record.config) or '–',
                    teacher=cell(metrics.get('teacher_top1')),
                    cells=cells,
                    device=cell(metrics.get('device')),
                    events=cell(metrics.get('divergence_events'), 0),
                )
            )
    return rows


def mean_rows(groups: list[Group]) -> list[dict]:
    """Mean and standard deviation of each config with several complete runs."""
    rows = []
    for group in groups:
        table = pd.DataFrame([record.metrics for record in group.records if record.complete])
        table = table.reindex(columns=['seed', *(name for _, name, _ in COLUMNS)])
        if len(table) > 1:
            rows.append(
                dict(
                    group=group,
                    seeds=', '.join(cell(seed, 0).text for seed in table['seed']),
                    cells=[
                        spread([value if is_number(value) else None for value in table[name]], digits)
                        for _, name, digits in COLUMNS
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
                    cells=[cell(evaluation.quality.get(metric), 3) for metric in SHOWN],
                )
            )
    return sorted(rows, key=lambda row: -(row['top1'].value or 0))


def quality_plots(evaluations: list[Evaluation]) -> list[Plot]:
    """Each metric of quality against the students' accuracy."""
    runs = pairs(evaluations)
    plots = []
    for metric, points in scatters(runs).items():
        correlation = rank_correlation(points)
        caption = f'{MEANING[metric][0].upper()}{MEANING[metric][1:]}.'
        if correlation is not None:
            caption += f" Spearman's rank correlation {correlation:.2f}, {len(points)} points."
        table = pd.DataFrame(points, columns=['x', 'y']).assign(name=[run.name for run in runs])
        plots.append(scatter_plot(SHOWN[metric], caption, table, metric, 'student top-1, %', metric == 'fid'))
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
    """The whole page as HTML; the template escapes everything, and only its own two scripts may run."""
    groups = groups_of(records)
    configured = [record for record in records if record.config]
    strips = [strip(f'{record.name}: {name}', files) for record in records for name, files in record.pictures.items()]
    grids = [picture for one in evaluations if one.picture and (picture := embedded(one.picture, one.name))]
    scripts = [get_plotlyjs(), (HERE / 'page.js').read_text(encoding='utf-8')]
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters['figure'] = Markup  # JSON of figures.py
    return environment.get_template('page.html').render(
        records=records,
        complete=sum(record.complete for record in records),
        columns=[title for title, _, _ in COLUMNS],
        rows=summary_rows(groups),
        means=mean_rows(groups),
        accuracy=accuracy_plots(groups),
        chains=chain_plots(groups),
        losses=loss_plots(groups),
        strips=strips,
        evaluations=evaluations,
        quality_columns=SHOWN.values(),
        quality_rows=quality_rows(evaluations),
        quality_plots=quality_plots(evaluations),
        grids=grids,
        configured=configured,
        unconfigured=[record for record in records if not record.config],
        differences=difference_rows(configured),
        scripts=[Markup(script) for script in scripts],
        script_hashes=' '.join(f"'sha256-{value}'" for value in hashes),  # a content security policy's names
    )
