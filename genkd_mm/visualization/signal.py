"""The signal-to-noise ratio of estimators over the number of chains."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..utils import atomic_write


def draw_signal_to_noise(found: dict, path: Path) -> None:
    """One line for each estimator; above the dotted line an update is more signal than noise."""
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
        FigureCanvasAgg(figure).print_png(file)
