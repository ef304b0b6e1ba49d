"""The page's plots, as Plotly figures."""

import html
import math
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.express as px
from plotly.graph_objects import Figure

from ...structures.record import Record
from ..curves import panel_of

WIDE = 100.0  # values that span more than this factor have a logarithmic axis
MARKED = 30  # lines of fewer points show them
UNFOLDED = 200  # points of a line in a plot that unfolds, so the page stays light
# What a figure is drawn over: a column of Record.curve, in words, and the label of the axis.
AXES = (
    ('seconds', 'over time', 'seconds'),
    ('images', 'over distinct pseudo samples', 'distinct images that the student has seen'),
    ('iteration', 'over iterations', 'iteration'),
)
# Title, label of the axis, scalars and what the legend calls them, and a sentence.
CHAINS = (
    (
        'Energies',
        'f (nats)',
        {'energy_data': 'x+', 'policy/energy_data': 'x+', 'energy_chains': 'x-', 'policy/energy_chains': 'x-'},
        'x+: f of stored or real images. x-: f of chains.',
    ),
    (
        'Energy gap',
        'nats',
        {'energy_gap': 'gap', 'policy/energy_gap': 'gap'},
        'Mean f(x+) less mean f(x-); a gap that runs away is a divergence.',
    ),
    ('Reward of training chains', 'nats', {'policy/reward': 'reward'}, 'What the chains of PolicyGradientHook earn.'),
    (
        'Reward of fresh chains',
        'nats',
        {'chain/reward': 'reward'},
        'Of ChainRewardHook, with the same chains each time.',
    ),
)


class Group(NamedTuple):
    """Runs of one config, the name that a legend gives them, and their colour."""

    name: str
    color: str
    records: list[Record]


class Plot(NamedTuple):
    """A plot with its title, the sentence below it, and the figure as JSON, in which no ``<`` is left."""

    title: str
    caption: str
    figure: str


def accuracy_plots(groups: list[Group]) -> list[Plot]:
    """Accuracy over time, images and iterations, of the runs that know them."""
    plots = []
    for column, words, label in AXES:
        curves = [_line(group, record, record.curve[column], record.curve['top1']) for group, record in _runs(groups)]
        plots += line_plot(f'Accuracy {words}', '', curves, groups, label, 'top-1, %')
    return plots


def chain_plots(groups: list[Group]) -> dict[str, list[Plot]]:
    """Energies and rewards, by what they are drawn over; iterations come first."""
    return {
        words: [
            plot
            for title, unit, tags, caption in CHAINS
            for plot in line_plot(title, caption, logged(groups, tags, column), groups, label, unit)
        ]
        for column, words, label in (AXES[-1], *AXES[:-1])
    }


def loss_plots(groups: list[Group]) -> list[Plot]:
    """One plot for each loss that a run has logged."""
    tags = sorted({tag for _, record in _runs(groups) for tag in record.log if panel_of(f'train/{tag}') == 'loss'})
    return [
        plot
        for tag in tags
        for plot in line_plot(tag, '', logged(groups, {tag: tag}, 'iteration'), groups, 'iteration', 'loss')
    ]


def logged(groups: list[Group], tags: dict[str, str], column: str) -> list[pd.DataFrame]:
    """The lines of the scalars ``tags`` of each run, over a column of ``Record.curve``.

    Over iterations, which the page shows at once, they have all points; over anything else at most ``UNFOLDED``.
    """
    lines = []
    for group, record in _runs(groups):
        for tag in record.log.columns.intersection(list(tags)):
            values = record.log[tag].replace([math.inf, -math.inf], math.nan)
            line = _line(group, record, places_of(record, column), values, tags[tag])
            line = line[record.log[tag].notna().to_numpy() & line['x'].notna()]
            every = 1 if column == 'iteration' else math.ceil(len(line) / UNFOLDED) or 1
            lines.append(line[::-every][::-1])
    return lines


def places_of(record: Record, column: str) -> np.ndarray:
    """Where the iterations of the log are on the axis of a column of ``Record.curve``.

    The evaluations know seconds and images; between them, and between the start and the first, these are interpolated.
    What comes after the last one is not a number.
    """
    if column == 'iteration':
        return record.log.index.to_numpy(float)
    known = record.curve.dropna(subset=column)
    if known.empty:
        return np.full(len(record.log), math.nan)
    iterations, places = ([0, *known[name]] for name in ('iteration', column))
    return np.interp(record.log.index, iterations, places, right=math.nan)


def line_plot(
    title: str, caption: str, lines: list[pd.DataFrame], groups: list[Group], xlabel: str, ylabel: str
) -> list[Plot]:
    """One plot, or none without a point; a line for each run, a colour for each group, a dash for each scalar."""
    points = pd.concat(lines) if lines else pd.DataFrame(columns=['x'])
    points = points[points['x'].notna()]
    if points.empty:
        return []
    dashes = dict(line_dash='scalar') if points['scalar'].nunique() > 1 else {}
    figure = px.line(
        points,
        x='x',
        y='y',
        color='config',
        line_group='run',
        hover_name='run',
        markers=bool(points.groupby(['config', 'run', 'scalar']).size().max() < MARKED),
        log_y=is_wide(points['y']),
        labels=dict(x=xlabel, y=ylabel),
        color_discrete_map={html.escape(group.name): group.color for group in groups},
        render_mode='svg',
        template='none',
        **dashes,
    )
    figure.update_traces(line_width=1.5)
    return [Plot(title, caption, as_json(figure))]


def scatter_plot(title: str, caption: str, points: pd.DataFrame, xlabel: str, ylabel: str, log_x: bool) -> Plot:
    """A plot of the columns ``x`` and ``y``, with a colour for each ``name``."""
    points = points.assign(name=points['name'].map(html.escape))
    labels = dict(x=xlabel, y=ylabel, name='')
    log_x = log_x and is_wide(points['x'])
    figure = px.scatter(points, x='x', y='y', color='name', labels=labels, log_x=log_x, template='none')
    figure.update_traces(marker=dict(size=11))
    return Plot(title, caption, as_json(figure))


def as_json(figure: Figure) -> str:
    """A figure in the page's layout."""
    figure.update_layout(
        height=360,
        margin=dict(l=60, r=10, t=30, b=50),
        modebar=dict(bgcolor='rgba(0,0,0,0)', color='gray', activecolor='#2f7ed8'),
        legend=dict(orientation='h', y=-0.25, yref='container', title=None),
        paper_bgcolor='rgba(0,0,0,0)',
        plot_bgcolor='rgba(0,0,0,0)',
    )
    figure.update_xaxes(gridcolor='rgba(128,128,128,0.25)', automargin=True, zeroline=False)
    figure.update_yaxes(gridcolor='rgba(128,128,128,0.25)', automargin=True, zeroline=False)
    return figure.to_json()


def is_wide(values: pd.Series) -> bool:
    """Whether a logarithmic axis shows ``values`` better."""
    values = values.dropna()
    return bool(len(values) and values.min() > 0 and values.max() > WIDE * values.min())


def _runs(groups: list[Group]) -> list[tuple[Group, Record]]:
    return [(group, record) for group in groups for record in group.records]


def _line(group: Group, record: Record, x: object, y: pd.Series, scalar: str = '') -> pd.DataFrame:
    """One line of a plot; Plotly reads names as HTML."""
    names = dict(config=html.escape(group.name), run=html.escape(record.name), scalar=html.escape(scalar))
    return pd.DataFrame(dict(x=np.asarray(x, float), y=y.to_numpy(float))).assign(**names)
