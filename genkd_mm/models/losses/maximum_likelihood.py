"""Maximum likelihood of an energy-based model."""

import torch
from torch import Tensor


def noisy(data: Tensor, noise_std: float, clamp: bool) -> Tensor:
    """x+: data (N, C, H, W) plus normal noise, clamped to [-1, 1] if its chains are."""
    moved = data + noise_std * torch.randn_like(data)
    return moved.clamp_(-1, 1) if clamp else moved


def maximum_likelihood_loss(positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """Contrastive divergence and the penalty that keeps the energies bounded.

    The gradient of mean f(x-) - mean f(x+), with x- from the model's own chains, is the gradient of -log p(x+)
    (Hinton, 2002). The penalty mean f(x+)^2 + mean f(x-)^2 is that of Du and Mordatch, NeurIPS 2019, eq. 6.

    Args:
        positive (Tensor): f(x+) of data, shape (N,).
        negative (Tensor): f(x-) of chains, shape (M,).

    Returns:
        tuple[Tensor, Tensor]: The likelihood term and the penalty, both scalars.
    """
    return negative.mean() - positive.mean(), positive.square().mean() + negative.square().mean()
