"""The pictures of an audit."""

from typing import BinaryIO

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

ROWS, COLUMNS = 6, 3  # of pairs, on each side
LEAST = 64  # pixels that an image is high in the picture
GAP, LINE = 16, 18  # between pairs; of text


def draw_pairs(
    file: BinaryIO, chains: Tensor, train: Tensor, held_out: Tensor, neighbours: dict[str, tuple[Tensor, Tensor]]
) -> None:
    """On the left the chains that are closest to a training image, on the right the held-out images that are.

    The right side shows how close images come that nobody can have remembered. Closest first, row by row; of those
    that share their nearest training image only the closest is shown.

    Args:
        file (BinaryIO): The PNG.
        chains (Tensor): Shape (M, C, H, W), uint8.
        train (Tensor): Shape (N, C, H, W), uint8.
        held_out (Tensor): Shape (L, C, H, W), uint8.
        neighbours (dict): As :func:`genkd_mm.evaluation.memorisation.closeness` returns them.
    """
    others = held_out[neighbours['made_held_out'][1].cpu()]
    sides = [
        sheet(
            'chain | its nearest training image | its nearest held-out image',
            neighbours['made_train'],
            chains,
            train,
            others,
        ),
        sheet('held-out image | its nearest training image', neighbours['held_out_train'], held_out, train),
    ]
    both = Image.new('RGB', (sum(side.width for side in sides) + 2 * GAP, max(side.height for side in sides)), 'white')
    both.paste(sides[0], (0, 0))
    both.paste(sides[1], (sides[0].width + 2 * GAP, 0))
    both.save(file, 'png')


def sheet(
    title: str, neighbours: tuple[Tensor, Tensor], images: Tensor, train: Tensor, others: Tensor | None = None
) -> Image.Image:
    """One side: each image with its neighbours on its right; above it its distance, its number and its neighbour's."""
    distances, numbers = (values.cpu() for values in neighbours)
    cells = []
    for index in closest_to_each(distances, numbers)[: ROWS * COLUMNS]:
        row = [images[index], train[numbers[index]], *([] if others is None else [others[index]])]
        cells.append((f'{distances[index]:.3g}: {index}, {numbers[index]}', Image.fromarray(beside(row))))
    width, height = cells[0][1].size[0] + GAP, cells[0][1].size[1] + LINE + GAP
    page = Image.new('RGB', (COLUMNS * width + GAP, ROWS * height + LINE + GAP), 'white')
    draw, font = ImageDraw.Draw(page), ImageFont.load_default()
    draw.text((GAP, 6), title, 'black', font)
    for place, (text, picture) in enumerate(cells):
        left, top = GAP + place % COLUMNS * width, LINE + GAP + place // COLUMNS * height
        draw.text((left, top), text, 'black', font)
        page.paste(picture, (left, top + LINE))
    return page


def closest_to_each(distances: Tensor, numbers: Tensor) -> list[int]:
    """For each training image that is nearest to some image, the closest of these; closest first."""
    best: dict[int, int] = {}
    for index in distances.argsort(stable=True).tolist():
        best.setdefault(int(numbers[index]), index)
    return list(best.values())


def beside(images: list[Tensor]) -> np.ndarray:
    """Images (C, H, W), uint8, grey or RGB, in a row with white between them, enlarged by whole pixels; (H, W, 3)."""
    scale = max(1, -(-LEAST // images[0].shape[1]))
    enlarged = [
        image.cpu().repeat_interleave(scale, 1).repeat_interleave(scale, 2).expand(3, -1, -1) for image in images
    ]
    gap = torch.full((3, enlarged[0].shape[1], GAP // 4), 255, dtype=torch.uint8)
    return torch.cat([part for image in enlarged for part in (image, gap)][:-1], 2).permute(1, 2, 0).numpy()


def draw_distances(file: BinaryIO, found: dict) -> None:
    """Cumulative distributions of the distance to the nearest training image, one panel for each space.

    ``found`` are a ``Found`` by name of the chains.
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
