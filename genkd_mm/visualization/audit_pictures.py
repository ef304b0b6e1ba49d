"""The pictures of an audit."""

from typing import BinaryIO

from matplotlib.figure import Figure, SubFigure
from torch import Tensor
from torchvision.utils import make_grid

ROWS, COLUMNS = 6, 3  # of pairs, on each side


def draw_pairs(
    file: BinaryIO, chains: Tensor, train: Tensor, held_out: Tensor, neighbours: dict[str, tuple[Tensor, Tensor]]
) -> None:
    """On the left the chains that are closest to a training image, on the right the held-out images that are.

    The right side shows how close images come that nobody can have remembered. Closest first, row by row; of those
    that share their nearest training image only the closest is shown. Images are (N, C, H, W), uint8; ``neighbours``
    are as :func:`genkd_mm.evaluation.memorisation.closeness` returns them.
    """
    others = held_out[neighbours['made_held_out'][1].cpu()]
    figure = Figure(figsize=(20, 10), layout='constrained')
    left, right = figure.subfigures(1, 2, width_ratios=(3, 2))
    left.suptitle('chain | its nearest training image | its nearest held-out image')
    right.suptitle('held-out image | its nearest training image')
    draw_side(left, neighbours['made_train'], chains, train, others)
    draw_side(right, neighbours['held_out_train'], held_out, train)
    figure.savefig(file, format='png')


def draw_side(
    side: SubFigure, neighbours: tuple[Tensor, Tensor], images: Tensor, train: Tensor, others: Tensor | None = None
) -> None:
    """Each image with its neighbours on its right; above it its distance, its number and its neighbour's."""
    distances, numbers = (values.cpu() for values in neighbours)
    grid = side.subplots(ROWS, COLUMNS).flatten()
    for axes in grid:
        axes.set_axis_off()
    for axes, index in zip(grid, closest_to_each(distances, numbers)):
        row = [images[index], train[numbers[index]], *([] if others is None else [others[index]])]
        axes.imshow(make_grid(row, padding=1, pad_value=255).permute(1, 2, 0), interpolation='nearest')
        axes.set_title(f'{distances[index]:.3g}: {index}, {numbers[index]}', fontsize='small')


def closest_to_each(distances: Tensor, numbers: Tensor) -> list[int]:
    """For each training image that is nearest to some image, the closest of these; closest first."""
    best: dict[int, int] = {}
    for index in distances.argsort(stable=True).tolist():
        best.setdefault(int(numbers[index]), index)
    return list(best.values())


def draw_distances(file: BinaryIO, found: dict) -> None:
    """Cumulative distributions of the distance to the nearest training image, one panel for each space.

    ``found`` are a ``Found`` by name of the chains.
    """
    spaces = list(next(iter(found.values())).pairs)
    figure = Figure(figsize=(6 * len(spaces), 4), layout='constrained')
    for axes, space in zip(figure.subplots(1, len(spaces), squeeze=False).flat, spaces):
        lines = {f'{name} chains': sets.pairs[space]['made_train'][0] for name, sets in found.items()}
        lines['held-out images'] = next(iter(found.values())).pairs[space]['held_out_train'][0]
        for name, distances in lines.items():
            axes.ecdf(distances.cpu().numpy(), label=name)
        axes.set(title=space, xlabel='distance to the nearest training image', ylabel='share of images')
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file, dpi=100, format='png')
