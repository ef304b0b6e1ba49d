"""Line and scatter plots as SVG elements that take the colours of the page around them."""

import io
import math
import re
from typing import NamedTuple

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

# Between light and dark, so that they show on both.
COLORS = ('#2f7ed8', '#e0701a', '#1f9d6b', '#c0447a', '#8a6fd1', '#a8851a', '#159bb0', '#7a8594')
MARKERS = dict(zip('os^Dv*PX', '●■▲◆▼★✚✖'))  # matplotlib's, and the letter that shows it in a legend
INK = '#010203'  # stands for the colour of the page's text
STYLE = {
    'text.color': INK,
    'axes.labelcolor': INK,
    'axes.edgecolor': INK,
    'xtick.color': INK,
    'ytick.color': INK,
    'grid.color': INK,
    'font.size': 12,
    'svg.fonttype': 'none',
    'axes.spines.top': False,
    'axes.spines.right': False,
}
MARKED = 30  # a line of fewer points shows them
WIDE = 100.0  # values that span more than this factor have a logarithmic axis


class Series(NamedTuple):
    """One line, or a set of points without a line.

    Attributes:
        x (list): Positions.
        y (list): Values.
        look (int): Number of its colour and marker.
        line (str): ``-``, ``--``, or an empty string for points alone.
    """

    x: list[float]
    y: list[float]
    look: int
    line: str = '-'


def color(look: int) -> str:
    """The colour of a look."""
    return COLORS[look % len(COLORS)]


def marker(look: int) -> str:
    """Matplotlib's marker of a look; it goes on when the colours begin again."""
    return list(MARKERS)[(look + look // len(COLORS)) % len(MARKERS)]


def draw(series: list[Series], name: str, xlabel: str, ylabel: str, spread_x: bool = False) -> str:
    """An SVG element.

    Args:
        series (list[Series]): What to draw.
        name (str): Unlike that of any other plot of the page: its element ids begin with it.
        xlabel (str): Of the horizontal axis.
        ylabel (str): Of the vertical axis.
        spread_x (bool): Whether a wide range of x, too, has a logarithmic axis. Defaults to False.
    """
    with matplotlib.rc_context({**STYLE, 'svg.hashsalt': name}):
        figure = Figure(figsize=(4.6, 3.3), layout='constrained')
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        for one in series:
            marked = not one.line or len(one.x) < MARKED
            axes.plot(
                one.x,
                one.y,
                linestyle=one.line or 'none',
                color=color(one.look),
                linewidth=1.6,
                marker=marker(one.look) if marked else None,
                markersize=5 if one.line else 9,
            )
        if is_wide([value for one in series for value in one.y]):
            axes.set_yscale('log')
        if spread_x and is_wide([value for one in series for value in one.x]):
            axes.set_xscale('log')
        else:
            axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.grid(alpha=0.2)
        file = io.StringIO()
        figure.savefig(
            file, format='svg', transparent=True, metadata=dict.fromkeys(('Date', 'Creator', 'Format', 'Type'))
        )
    return inline(file.getvalue(), name)


def is_wide(values: list[float]) -> bool:
    """Whether a logarithmic axis shows ``values`` better; those that are not finite are gaps."""
    values = [value for value in values if math.isfinite(value)]
    return bool(values) and min(values) > 0 and max(values) > WIDE * min(values)


def inline(document: str, name: str) -> str:
    """The SVG element of a document, with ids of its own and the text's colour of the page.

    Its lines are cut to hundredths of a point, which nobody sees and which is much of the page's size.
    """
    element = document[document.index('<svg') :].replace(INK, 'currentColor')
    element = re.sub(r' d="[^"]*"', lambda path: re.sub(r'(\.\d\d)\d+', r'\1', path[0]), element)
    element = re.sub(r'(\bid="|href="#|url\(#)', rf'\g<1>{name}-', element)
    return element.replace('<svg', '<svg aria-hidden="true" focusable="false"', 1)
