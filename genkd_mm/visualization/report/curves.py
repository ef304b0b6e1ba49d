"""The plots of the page, from the runs' curves and logs."""

import math
from typing import NamedTuple

import numpy as np

from ..curves import panel_of
from .plots import MARKERS, Series, color, draw, marker
from .records import Record, is_number

UNFOLDED = 200  # points of a line in a plot that unfolds: as many as its width shows, so that the page stays light
# What a figure is drawn over: a field of Point, in words, and the label of the axis.
AXES = (
    ('seconds', 'over time', 'seconds'),
    ('images', 'over distinct pseudo samples', 'distinct images that the student has seen'),
    ('iteration', 'over iterations', 'iteration'),
)
CHAINS = (
    (
        'energy',
        'Energies',
        'f (nats)',
        {('energy_data', 'policy/energy_data'): '-', ('energy_chains', 'policy/energy_chains'): '--'},
        'Solid: f of stored or real images, x+. Dashed: f of chains, x-.',
    ),
    (
        'gap',
        'Energy gap',
        'nats',
        {('energy_gap', 'policy/energy_gap'): '-'},
        'Mean f(x+) less mean f(x-); a gap that runs away is a divergence.',
    ),
    (
        'training_reward',
        'Reward of training chains',
        'nats',
        {('policy/reward',): '-'},
        'What the chains of PolicyGradientHook earn.',
    ),
    (
        'fresh_reward',
        'Reward of fresh chains',
        'nats',
        {('chain/reward',): '-'},
        'Of ChainRewardHook, with the same chains at every visit.',
    ),
)


class Key(NamedTuple):
    """A line of a legend: colour, the letter that shows the marker, and whose it is."""

    color: str
    glyph: str
    text: str


class Plot(NamedTuple):
    """A plot with its title, the sentence below it, and its legend."""

    title: str
    caption: str
    svg: str
    legend: list[Key]


def keys_of(groups: list[list[Record]]) -> list[Key]:
    """How each group of runs is drawn, and its name."""
    names = [group[0].config_name for group in groups]
    keys = []
    for look, (group, name) in enumerate(zip(groups, names)):
        runs = ', '.join(record.name for record in group)
        if names.count(name) > 1:
            name = f'{name}: {runs}' if len(group) > 1 else f'{name}: {group[0].name}'
        elif len(group) > 1:
            name = f'{name} ({len(group)} runs)'
        keys.append(key(look, name))
    return keys


def key(look: int, text: str) -> Key:
    """A line of a legend."""
    return Key(color(look), MARKERS[marker(look)], text)


def accuracy_plots(groups: list[list[Record]], keys: list[Key]) -> list[Plot]:
    """Accuracy over time, images and iterations, of the runs that know them."""
    plots = []
    for field, words, label in AXES:
        series = []
        for look, group in enumerate(groups):
            for record in group:
                known = [point for point in record.curve if is_number(getattr(point, field))]
                if known:
                    series.append(
                        Series([getattr(point, field) for point in known], [point.top1 for point in known], look)
                    )
        plots += plot(f'accuracy_{field}', f'Accuracy {words}', '', series, keys, label, 'top-1, %')
    return plots


def chain_plots(groups: list[list[Record]], keys: list[Key]) -> dict[str, list[Plot]]:
    """Energies and rewards, by what they are drawn over; iterations come first."""
    return {
        words: [
            made
            for name, title, unit, lines, caption in CHAINS
            for made in plot(
                f'{name}_{field}',
                title,
                caption,
                [one for tags, line in lines.items() for one in logged(groups, tags, line, field)],
                keys,
                label,
                unit,
            )
        ]
        for field, words, label in (AXES[-1], *AXES[:-1])
    }


def loss_plots(groups: list[list[Record]], keys: list[Key]) -> list[Plot]:
    """One plot for each loss that a run has logged."""
    tags = {tag for group in groups for record in group for figures in record.log.values() for tag in figures}
    losses = sorted(tag for tag in tags if panel_of(f'train/{tag}') == 'loss')
    return [
        made
        for number, tag in enumerate(losses)
        for made in plot(f'loss_{number}', tag, '', logged(groups, (tag,)), keys, 'iteration', 'loss')
    ]


def logged(
    groups: list[list[Record]], tags: tuple[str, ...], line: str = '-', field: str = 'iteration'
) -> list[Series]:
    """A line for each run that has logged one of ``tags``; values that are not finite are gaps.

    Over iterations, which the page shows at once, it has all points; over anything else at most ``UNFOLDED``.
    """
    series = []
    for look, group in enumerate(groups):
        for record in group:
            points = [
                (step, value if math.isfinite(value) else math.nan)
                for step, figures in record.log.items()
                for tag, value in figures.items()
                if tag in tags
            ]
            places = places_of(record, [step for step, _ in points], field)
            known = [(place, value) for place, (_, value) in zip(places, points) if math.isfinite(place)]
            every = 1 if field == 'iteration' else math.ceil(len(known) / UNFOLDED)
            if known:
                series.append(Series(*map(list, zip(*known[::-every][::-1])), look, line))
    return series


def places_of(record: Record, steps: list[int], field: str) -> list[float]:
    """Where iterations are on the axis of a field of ``Point``.

    The evaluations know seconds and images; between them, and between the start and the first, these are interpolated.
    What comes after the last one is not a number.
    """
    if field == 'iteration':
        return steps
    known = {point.iteration: getattr(point, field) for point in record.curve if is_number(getattr(point, field))}
    if not known:
        return [math.nan] * len(steps)
    known = {0: 0, **known}
    return np.interp(steps, list(known), list(known.values()), right=math.nan).tolist()


def plot(
    name: str, title: str, caption: str, series: list[Series], keys: list[Key], xlabel: str, ylabel: str
) -> list[Plot]:
    """One plot, or none without a series; the legend names those that are in it."""
    if not series:
        return []
    shown = sorted({one.look for one in series})
    return [Plot(title, caption, draw(series, name, xlabel, ylabel), [keys[look] for look in shown])]
