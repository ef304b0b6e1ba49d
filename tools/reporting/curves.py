"""The plots of the page, from the runs' curves and logs."""
import math
from typing import NamedTuple

from genkd_mm.engine.curves import panel_of

from .plots import MARKERS, Series, color, draw, marker
from .records import Record, is_number

ACCURACY = (('seconds', 'Accuracy over time', 'seconds'),
            ('images', 'Accuracy over distinct pseudo samples', 'distinct images that the student has seen'),
            ('iteration', 'Accuracy over iterations', 'iteration'))
CHAINS = (('energy', 'Energies', 'f (nats)',
           {('energy_data', 'policy/energy_data'): '-', ('energy_chains', 'policy/energy_chains'): '--'},
           'Solid: f of stored or real images, x+. Dashed: f of chains, x-.'),
          ('gap', 'Energy gap', 'nats', {('energy_gap', 'policy/energy_gap'): '-'},
           'Mean f(x+) less mean f(x-); a gap that runs away is a divergence.'),
          ('training_reward', 'Reward of training chains', 'nats', {('policy/reward', ): '-'},
           'What the chains of PolicyGradientHook earn.'),
          ('fresh_reward', 'Reward of fresh chains', 'nats', {('chain/reward', ): '-'},
           'Of ChainRewardHook, with the same chains at every visit.'))


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
    for field, title, label in ACCURACY:
        series = []
        for look, group in enumerate(groups):
            for record in group:
                known = [point for point in record.curve if is_number(getattr(point, field))]
                if known:
                    series.append(Series([getattr(point, field) for point in known],
                                         [point.top1 for point in known], look))
        plots += plot(f'accuracy_{field}', title, '', series, keys, label, 'top-1, %')
    return plots


def chain_plots(groups: list[list[Record]], keys: list[Key]) -> list[Plot]:
    """Energies and rewards."""
    plots = []
    for name, title, unit, lines, caption in CHAINS:
        series = [one for tags, line in lines.items() for one in logged(groups, tags, line)]
        plots += plot(name, title, caption, series, keys, 'iteration', unit)
    return plots


def loss_plots(groups: list[list[Record]], keys: list[Key]) -> list[Plot]:
    """One plot for each loss that a run has logged."""
    tags = {tag for group in groups for record in group for figures in record.log.values() for tag in figures}
    losses = sorted(tag for tag in tags if panel_of(f'train/{tag}') == 'loss')
    return [made for number, tag in enumerate(losses)
            for made in plot(f'loss_{number}', tag, '', logged(groups, (tag, )), keys, 'iteration', 'loss')]


def logged(groups: list[list[Record]], tags: tuple[str, ...], line: str = '-') -> list[Series]:
    """A line over iterations for each run that has logged one of ``tags``; values that are not finite are gaps."""
    series = []
    for look, group in enumerate(groups):
        for record in group:
            points = [(step, value if math.isfinite(value) else math.nan) for step, figures in record.log.items()
                      for tag, value in figures.items() if tag in tags]
            if points:
                series.append(Series(*map(list, zip(*points)), look, line))
    return series


def plot(name: str, title: str, caption: str, series: list[Series], keys: list[Key], xlabel: str,
         ylabel: str) -> list[Plot]:
    """One plot, or none without a series; the legend names those that are in it."""
    if not series:
        return []
    shown = sorted({one.look for one in series})
    return [Plot(title, caption, draw(series, name, xlabel, ylabel), [keys[look] for look in shown])]
