"""The pictures of an audit."""
from typing import BinaryIO

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

ROWS, COLUMNS = 6, 3  # of pairs, on each side


def draw_pairs(file: BinaryIO, chains: Tensor, train: Tensor, held_out: Tensor,
               neighbours: dict[str, tuple[Tensor, Tensor]]) -> None:
    """On the left the chains that are closest to a training image, on the right the held-out images that are.

    The right side shows how close images come that nobody can have remembered. Closest first, row by row.

    Args:
        file (BinaryIO): The PNG.
        chains (Tensor): Shape (M, C, H, W), uint8.
        train (Tensor): Shape (N, C, H, W), uint8.
        held_out (Tensor): Shape (L, C, H, W), uint8.
        neighbours (dict): As :func:`genkd_mm.evaluation.memorisation.closeness` returns them.
    """
    figure = Figure(figsize=(15, 1.6 * ROWS + 0.6), layout='constrained')
    FigureCanvasAgg(figure)
    sides = figure.subfigures(1, 2, wspace=0.06, width_ratios=(3, 2))
    others = held_out[neighbours['made_held_out'][1].cpu()]
    fill(sides[0], 'chain | its nearest training image | its nearest held-out image', neighbours['made_train'], chains,
         train, others)
    fill(sides[1], 'held-out image | its nearest training image', neighbours['held_out_train'], held_out, train)
    figure.savefig(file, dpi=100, format='png')


def fill(side, title: str, neighbours: tuple[Tensor, Tensor], images: Tensor, train: Tensor,
         others: Tensor | None = None) -> None:
    """One side: each image with its neighbours on the right, and its distance and number above."""
    side.suptitle(title)
    distances, numbers = (values.cpu() for values in neighbours)
    order = distances.argsort()[:ROWS * COLUMNS]
    for axes, index in zip(side.subplots(ROWS, COLUMNS, squeeze=False).flat, order.tolist()):
        row = [images[index], train[numbers[index]], *([] if others is None else [others[index]])]
        axes.imshow(beside(row), interpolation='nearest', vmin=0, vmax=255, cmap='gray')
        axes.set_title(f'{distances[index]:.3g}   (number {index}, training image {numbers[index]})', fontsize=8)
    for axes in side.axes:
        axes.axis('off')


def beside(images: list[Tensor]) -> np.ndarray:
    """Images (C, H, W), uint8, in a row with a white line between them; (H, W) if grey, else (H, W, 3)."""
    gap = torch.full((*images[0].shape[:2], max(1, images[0].shape[2] // 8)), 255, dtype=torch.uint8)
    row = torch.cat([part for image in images for part in (image.cpu(), gap)][:-1], 2)
    return row[0].numpy() if len(row) == 1 else row.permute(1, 2, 0).numpy()


def draw_distances(file: BinaryIO, found: dict) -> None:
    """Cumulative distributions of the distance to the nearest training image, one panel for each space.

    Args:
        file (BinaryIO): The PNG.
        found (dict): ``Found`` by name of the chains.
    """
    spaces = list(next(iter(found.values())).pairs)
    figure = Figure(figsize=(6 * len(spaces), 4), layout='constrained')
    FigureCanvasAgg(figure)
    for axes, space in zip(figure.subplots(1, len(spaces), squeeze=False).flat, spaces):
        lines = {f'{name} chains': sets.pairs[space]['made_train'][0] for name, sets in found.items()}
        lines['held-out images'] = next(iter(found.values())).pairs[space]['held_out_train'][0]
        for name, distances in lines.items():
            axes.ecdf(distances.cpu().numpy(), label=name)
        axes.set(title=space, xlabel='distance to the nearest training image', ylabel='share of images')
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file, dpi=100, format='png')
