"""Curves of a run, of several runs, and of the signal of estimators."""

from pathlib import Path

import numpy as np
from mmengine.logging import MessageHub

from ..utils import atomic_write

PANELS = (('accuracy', '%'), ('loss', 'loss'), ('energy', 'f (nats)'), ('policy', 'reward and criteria'))


def panel_of(tag: str) -> str | None:
    """The panel that a scalar belongs to, or None for those that are not drawn (times, learning rates)."""
    if tag == 'train/policy/loss':  # only its gradient has a meaning
        return None
    return next((panel for panel, _ in PANELS if panel in tag.lower()), None)


def draw_curves(hub: MessageHub, max_iters: int, path: Path) -> None:
    """One panel for each kind of metric, over iterations, as a PNG; a history is spread evenly over ``max_iters``."""
    from matplotlib.figure import Figure

    curves: dict[str, dict[str, np.ndarray]] = {}
    for tag, history in hub.log_scalars.items():
        panel = panel_of(tag)
        if panel and len(history.data[0]):
            curves.setdefault(panel, {})[tag.split('/', 1)[1]] = history.data[0]
    shown = [(panel, unit) for panel, unit in PANELS if panel in curves]
    rows = max(1, (len(shown) + 1) // 2)
    figure = Figure(figsize=(12, 4 * rows), layout='constrained')
    grid = figure.subplots(rows, 2).flatten()
    for axes in grid[len(shown) :]:
        axes.set_axis_off()
    for axes, (panel, unit) in zip(grid, shown):
        for tag, values in curves[panel].items():
            width = max(1, len(values) // 200)  # a running mean, so noise does not hide the trend
            smooth = np.convolve(values, np.ones(width) / width, 'valid')
            axes.plot(np.linspace(max_iters / len(values), max_iters, len(smooth)), smooth, label=tag)
        axes.set(title=panel, xlabel='iteration', ylabel=unit)
        axes.legend(fontsize='x-small')
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def draw_accuracy(curves: dict[str, list[list]], path: Path) -> None:
    """The student's accuracy over the distinct images that it saw: for each setting the mean of its seeds, and all.

    Args:
        curves (dict[str, list[list]]): By setting, the ``accuracy_curve`` of one seed's ``summary.json`` or more:
            iteration, seconds, distinct images and top-1 in % of each evaluation.
        path (Path): The PNG to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.2), layout='constrained')
    axes = figure.subplots()
    for index, (name, seeds) in enumerate(curves.items()):
        seeds = [np.array(seed, dtype=float)[:, 2:] for seed in seeds]
        shortest = min(map(len, seeds))
        images, accuracy = np.mean([seed[:shortest] for seed in seeds], 0).T
        axes.plot(images, accuracy, '.-', color=f'C{index}', label=name)
        for seed in seeds:
            axes.plot(*seed.T, color=f'C{index}', alpha=0.3, linewidth=0.8)
    axes.set(xlabel='distinct images', ylabel='student top-1, %')
    axes.grid(alpha=0.3)
    figure.legend(loc='outside right', fontsize='small')
    with atomic_write(path) as file:
        figure.savefig(file, format='png')


def draw_signal_to_noise(found: dict, path: Path) -> None:
    """One line for each estimator; above the dotted line an update is more signal than noise."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.2), layout='constrained')
    axes = figure.subplots()
    numbers = np.geomspace(10, 1e5, 20)
    for index, (name, values) in enumerate(found['estimators'].items()):
        style = ('-', '--', '-.')[index // 4]
        axes.plot(numbers, numbers * values['ratio_per_query'], style, label=name)
    axes.axhline(1, color='grey', linestyle=':')
    axes.set(xscale='log', yscale='log', xlabel='queries for one update', ylabel='signal-to-noise ratio')
    figure.legend(loc='outside right', fontsize='small')
    with atomic_write(path) as file:
        figure.savefig(file, format='png')
