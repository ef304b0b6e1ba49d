"""Grids of images."""

import numpy as np
from torch import Tensor
from torchvision.utils import make_grid

from ..structures.pixels import to_bytes


def class_grid(images: Tensor, columns: int) -> np.ndarray:
    """Images (N, C, H, W) in [-1, 1], row by row, as one RGB array (height, width, 3), uint8."""
    scale = max(1, 32 // images.shape[-2])  # small images are enlarged by whole pixels
    enlarged = images.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    grid = make_grid(enlarged, nrow=columns, padding=2, pad_value=1)
    return to_bytes(grid).permute(1, 2, 0).cpu().numpy()
