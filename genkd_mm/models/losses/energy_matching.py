"""Energy matching: the gradient of f follows the optimal-transport flow from noise to data.

Source: Balcerak et al., "Energy Matching: Unifying Flow Matching and Energy-Based Models for Generative Modeling",
2025; with the pairing of Tong et al., "Improving and Generalizing Flow-Based Generative Models with Minibatch Optimal
Transport", TMLR 2024.
"""

from typing import NamedTuple

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from ...samplers.langevin import standard_normal


def optimal_transport(noise: Tensor, data: Tensor, labels: Tensor | None = None) -> Tensor:
    """``noise`` in the order that minimises sum_i ||noise_i - data_i||^2.

    With labels noise moves only between images of one class, so every class keeps N(0, I). If all classes of a batch
    were matched at once, each class would train on the noise nearest to it but sample from all.

    Args:
        noise (Tensor): x_0, shape (N, C, H, W).
        data (Tensor): x_1, of the same shape.
        labels (Tensor, optional): Class of each x_1, int64, shape (N,).

    Returns:
        Tensor: A permutation of ``noise``; row i belongs to ``data[i]``.
    """
    groups = labels if labels is not None else torch.zeros(len(data), dtype=torch.long, device=data.device)
    paired = noise.clone()
    for group in groups.unique():
        members = (groups == group).nonzero()[:, 0]
        costs = torch.cdist(data[members].flatten(1), noise[members].flatten(1)).square()
        _, chosen = linear_sum_assignment(costs.cpu().numpy())
        paired[members] = noise[members[torch.as_tensor(chosen, device=members.device)]]
    return paired


def interpolated(noise: Tensor, data: Tensor, times: Tensor) -> Tensor:
    """x_t = (1 - t) x_0 + t x_1, of the shape of both, (N, C, H, W); ``times`` are t in [0, 1], shape (N,)."""
    return torch.lerp(noise, data, times.view(-1, *[1] * (data.dim() - 1)))


class FlowPoints(NamedTuple):
    """Random points of the flow from noise to images.

    Attributes:
        states (Tensor): x_t, shape (N, C, H, W), which require a gradient.
        velocities (Tensor): x_1 - x_0, of the same shape.
        times (Tensor): t, shape (N,), in [0, 1].
    """

    states: Tensor
    velocities: Tensor
    times: Tensor


def draw_flow_points(images: Tensor, labels: Tensor | None = None) -> FlowPoints:
    """One point for each image x_1: t ~ U(0, 1), and x_0 ~ N(0, I) paired by :func:`optimal_transport`."""
    noise = optimal_transport(standard_normal(images), images, labels)
    times = torch.rand(len(images), device=images.device)
    return FlowPoints(interpolated(noise, images, times).requires_grad_(True), images - noise, times)


def energy_matching_loss(values: Tensor, states: Tensor, velocities: Tensor) -> Tensor:
    """mean (grad_x f(x_t) - (x_1 - x_0))^2 over images and pixels, to be differentiated in f's parameters.

    Its minimiser has grad f(x) = E[x_1 - x_0 | x_t = x] over all t, if that is a gradient: one energy for all times.

    Args:
        values (Tensor): f(x_t), shape (N,), with the graph through ``states``.
        states (Tensor): x_t, which require a gradient, shape (N, C, H, W).
        velocities (Tensor): x_1 - x_0, of the same shape.
    """
    gradient = torch.autograd.grad(values.sum(), states, create_graph=True)[0]
    return (gradient - velocities).square().mean()
