"""Where chains start from."""

import torch
from torch import Tensor


def uniform_images(shape: tuple[int, ...], device: torch.device | str) -> Tensor:
    """Draws from U(-1, 1): the start of the chains of a prior that was trained by maximum likelihood."""
    return torch.rand(shape, device=device).mul_(2).sub_(1)


def normal_images(shape: tuple[int, ...], device: torch.device | str) -> Tensor:
    """Draws from N(0, I): the start of the flow of a matched energy."""
    return torch.randn(shape, device=device)


STARTS = dict(uniform=uniform_images, normal=normal_images)
