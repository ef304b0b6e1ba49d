"""Stochastic gradient Langevin dynamics (SGLD) on images in [-1, 1].

Source: Welling and Teh, "Bayesian Learning via Stochastic Gradient Langevin Dynamics", ICML 2011; with the separate
step size and noise of Grathwohl et al., "Your Classifier is Secretly an Energy Based Model", ICLR 2020.
"""

import random
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

LogDensity = Callable[[Tensor], Tensor]


def input_gradient(log_density: LogDensity, images: Tensor, create_graph: bool = False) -> Tensor:
    """Gradient of sum_i f(x_i) in x, of the shape and dtype of ``images``.

    ``log_density`` maps (N, C, H, W) to (N,). With ``create_graph`` the result can be differentiated again, in x and in
    the parameters of f.
    """
    with torch.enable_grad():
        if not (create_graph and images.requires_grad):
            images = images.detach().requires_grad_(True)
        return torch.autograd.grad(log_density(images).sum(), images, create_graph=create_graph)[0]


def langevin_step(
    images: Tensor, gradient: Tensor, noise: Tensor, step_size: float, noise_std: float, clamp: bool = True
) -> Tensor:
    """x_k = x_{k-1} + eta * grad f(x_{k-1}) + sigma * e_k, by default clamped to [-1, 1]; all tensors (N, C, H, W)."""
    moved = torch.add(images, gradient, alpha=step_size).add_(noise, alpha=noise_std)
    return moved.clamp_(-1, 1) if clamp else moved


def standard_normal(images: Tensor) -> Tensor:
    """e ~ N(0, I) for ``images`` (N, C, H, W), of their shape, in the channels_last layout.

    Drawn with the channels as its last axis: on a CPU torch fills a tensor that is not contiguous one number at a time.
    """
    count, channels, height, width = images.shape
    noise = torch.randn(count, height, width, channels, device=images.device, dtype=images.dtype)
    return noise.movedim(-1, -3)


def block_normal(images: Tensor, block: int) -> Tensor:
    """e ~ N(0, P) for ``images`` (N, C, H, W), of their shape: P projects on images that are constant on squares.

    The squares have ``block`` x ``block`` pixels, and each call shifts their grid at random, around the borders. A
    square's pixels share one number of variance 1 / block^2, so e^T v ~ N(0, ||P v||^2). With block = 1, P = I.
    """
    if block == 1:
        return standard_normal(images)
    noise = standard_normal(images[..., ::block, ::block]) / block
    noise = noise.repeat_interleave(block, -1).repeat_interleave(block, -2)
    return noise.roll((random.randrange(block), random.randrange(block)), (-2, -1))


def langevin_chain(
    log_density: LogDensity,
    images: Tensor,
    step_sizes: Sequence[float],
    noise_stds: Sequence[float],
    window: range = range(0),
    create_graph: bool = False,
    noises: Iterable[Tensor] | None = None,
    clamp_from: int = 0,
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Run one Langevin step for each pair of ``step_sizes`` and ``noise_stds``.

    Args:
        log_density (Callable): f, maps (N, C, H, W) to (N,); the chain climbs f.
        images (Tensor): x_0, shape (N, C, H, W), float32.
        step_sizes (Sequence[float]): eta of each step.
        noise_stds (Sequence[float]): sigma of each step.
        window (range): Steps whose state before, noise, and last state after are kept. Defaults to none.
        create_graph (bool): Whether x_n can be differentiated in x_0 and in f's parameters. Defaults to False.
        noises (Iterable[Tensor], optional): e_1, ..., e_n, each of the shape of ``images``. Defaults to standard normal
            numbers, drawn step by step.
        clamp_from (int): The first step, counted from 0, whose result is clamped to [-1, 1]. Defaults to every step.

    Returns:
        tuple: x_n; the K + 1 states of the window; its K noises.
    """
    states, kept = [], []
    drawn = iter(noises) if noises is not None else (standard_normal(images) for _ in step_sizes)
    for k, (step_size, noise_std, noise) in enumerate(zip(step_sizes, noise_stds, drawn, strict=True)):
        gradient = input_gradient(log_density, images, create_graph)
        if k in window:
            states.append(images.detach())
            kept.append(noise)
        images = langevin_step(images, gradient, noise, step_size, noise_std, clamp=k >= clamp_from)
        if k + 1 == window.stop:
            states.append(images.detach())
    return images, states, kept


def uniform_images(shape: tuple[int, ...], device: torch.device | str) -> Tensor:
    """Draws from U(-1, 1): the start of the chains of a prior that was trained by maximum likelihood."""
    return torch.rand(shape, device=device).mul_(2).sub_(1)


def normal_images(shape: tuple[int, ...], device: torch.device | str) -> Tensor:
    """Draws from N(0, I): the start of the flow of a matched energy."""
    return torch.randn(shape, device=device)


STARTS = dict(uniform=uniform_images, normal=normal_images)
