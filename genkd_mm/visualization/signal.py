"""The signal-to-noise ratio of estimators over the number of chains."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ..utils import atomic_write


def draw_signal_to_noise(found: dict, path: Path) -> None:
    """One panel for each way to draw chains, one line for each estimator; a ratio below 0 is not drawn."""
    curves = found['curves']
    figure = Figure(figsize=(4.2 * len(curves), 3.6), layout='constrained')
    panels = figure.subplots(1, len(curves), sharey=True)
    for panel, (draw, variants) in zip(panels, curves.items()):
        for name, points in variants.items():
            panel.plot(
                [int(number) for number in points], [p['ratio'] for p in points.values()], marker='o', label=name
            )
        panel.set(xscale='log', yscale='log', xlabel='chains in one update', title=draw)
    panels[0].set_ylabel('signal-to-noise ratio')
    figure.legend(*panels[1].get_legend_handles_labels(), loc='outside lower center', ncols=4, fontsize='small')
    with atomic_write(path) as file:
        FigureCanvasAgg(figure).print_png(file)
