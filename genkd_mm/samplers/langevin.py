"""Stochastic gradient Langevin dynamics (SGLD) on images in [-1, 1].

Source: Welling and Teh, "Bayesian Learning via Stochastic Gradient Langevin Dynamics", ICML 2011; with the separate
step size and noise of Grathwohl et al., "Your Classifier is Secretly an Energy Based Model", ICLR 2020.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from mmrazor.registry import TASK_UTILS
from torch import Tensor, nn

from ..utils import ConfigError, Precision, frozen
from .compiled import compiled_energy

Energy = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Trajectory:
    """The window x_s, ..., x_{s+K} of a chain of n steps, as the policy gradient needs it.

    Attributes:
        images (Tensor): Shape (K + 1, N, C, H, W), float32 in [-1, 1].
        noise (Tensor): e_{s+1}, ..., e_{s+K}, standard normal, shape (K, N, C, H, W).
        step_sizes (Tensor): eta of each step in the window, shape (K,).
        noise_stds (Tensor): sigma of each step in the window, shape (K,).
        labels (Tensor | None): Class of each chain, shape (N,); None when sampling is unconditional.
        final (Tensor): x_n, shape (N, C, H, W).
        num_steps (int): n.
    """

    images: Tensor
    noise: Tensor
    step_sizes: Tensor
    noise_stds: Tensor
    labels: Tensor | None
    final: Tensor
    num_steps: int

    def select(self, chains: Tensor) -> 'Trajectory':
        """The same window of some of the chains: ``chains`` is an index or a mask of N."""
        return replace(
            self,
            images=self.images[:, chains],
            noise=self.noise[:, chains],
            final=self.final[chains],
            labels=None if self.labels is None else self.labels[chains],
        )


def input_gradient(energy: Energy, images: Tensor, create_graph: bool = False) -> Tensor:
    """Gradient of sum_i f(x_i) in x, of the shape and dtype of ``images``.

    ``energy`` maps (N, C, H, W) to (N,). With ``create_graph`` the result can be differentiated again, in x and in
    the parameters of f.
    """
    with torch.enable_grad():
        if not (create_graph and images.requires_grad):
            images = images.detach().requires_grad_(True)
        return torch.autograd.grad(energy(images).sum(), images, create_graph=create_graph)[0]


def langevin_step(images: Tensor, gradient: Tensor, noise: Tensor, step_size: float, noise_std: float) -> Tensor:
    """x_k = clamp(x_{k-1} + eta * grad f(x_{k-1}) + sigma * e_k, -1, 1); all tensors (N, C, H, W)."""
    return torch.add(images, gradient, alpha=step_size).add_(noise, alpha=noise_std).clamp_(-1, 1)


def _standard_normal(images: Tensor, rng: torch.Generator | None) -> Tensor:
    """e ~ N(0, I) of the shape and device of ``images``, in the channels_last layout.

    Drawn with the channels as its last axis: on a CPU torch fills a tensor that is not contiguous one number at a time.
    """
    count, channels, height, width = images.shape
    noise = torch.randn(count, height, width, channels, generator=rng, device=images.device, dtype=images.dtype)
    return noise.permute(0, 3, 1, 2)


def langevin_chain(
    energy: Energy,
    images: Tensor,
    step_sizes: Sequence[float],
    noise_stds: Sequence[float],
    window: range = range(0),
    create_graph: bool = False,
    rng: torch.Generator | None = None,
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Run one Langevin step for each pair of ``step_sizes`` and ``noise_stds``.

    Args:
        energy (Callable): f, maps (N, C, H, W) to (N,); the chain climbs f.
        images (Tensor): x_0, shape (N, C, H, W), float32 in [-1, 1].
        step_sizes (Sequence[float]): eta of each step.
        noise_stds (Sequence[float]): sigma of each step.
        window (range): Steps whose state before, noise, and last state after are kept. Defaults to none.
        create_graph (bool): Whether x_n can be differentiated in x_0 and in f's parameters. Defaults to False.
        rng (torch.Generator, optional): Source of the noise. Defaults to torch's global one.

    Returns:
        tuple: x_n; the K + 1 states of the window; its K noises.
    """
    states, noises = [], []
    for k, (step_size, noise_std) in enumerate(zip(step_sizes, noise_stds, strict=True)):
        gradient = input_gradient(energy, images, create_graph)
        noise = _standard_normal(images, rng)
        if k in window:
            states.append(images.detach())
            noises.append(noise)
        images = langevin_step(images, gradient, noise, step_size, noise_std)
        if k + 1 == window.stop:
            states.append(images.detach())
    return images, states, noises


def _per_step(name: str, value: float | Sequence[float], num_steps: int) -> list[float]:
    values = list(value) if isinstance(value, Sequence) else [value] * num_steps
    if len(values) != num_steps:
        raise ConfigError(
            f'sampler.{name} lists {len(values)} values but sampler.num_steps is {num_steps}; '
            'give one number, or one for each step'
        )
    if any(not v >= 0 for v in values):
        raise ConfigError(f'sampler.{name} is {value!r}; expected numbers that are not negative')
    return [float(v) for v in values]


class Guide(Protocol):
    """What the chain asks of a guidance criterion: its weight, and the cost of each image, shape (N,)."""

    weight: float

    def __call__(self, images: Tensor, labels: Tensor | None) -> Tensor: ...


@TASK_UTILS.register_module()
class LangevinSampler:
    """The chain: x_k = clamp(x_{k-1} + eta * grad (f - sum_j w_j c_j)(x_{k-1}) + sigma * e_k, -1, 1).

    The state stays float32 whatever ``dtype`` the network passes use, and is kept in the channels_last layout, in which
    convolutions are fastest. The energy's parameters take no gradient, except in the last ``differentiable_steps``.

    Args:
        num_steps (int): n, number of steps of one visit. Defaults to 20.
        step_size (float | list[float]): eta, constant or one value a step. Defaults to 1.0.
        noise_std (float | list[float]): sigma, constant or one value a step. Defaults to 0.01.
        guidance (Sequence[Criterion]): Criteria c_j with their weights w_j, subtracted from the energy. In a config
            they are dicts, which ``EBMGenerator`` builds. Defaults to none.
        dtype (str): Autocast dtype of the network passes: ``float32``, ``bfloat16``, ``float16``, or ``auto``, which is
            bfloat16 where the hardware multiplies it. Defaults to ``auto``.
        compile (bool): Whether ``torch.compile`` compiles the energy's passes: CUDA graphs on a GPU, fused pointwise
            operations on a CPU; a fallback says why if it cannot. The last ``differentiable_steps`` are not compiled.
            Defaults to False.
        differentiable_steps (int): How many of the last steps keep the graph through f's parameters, so that a loss
            on the images reaches them, as the losses of mmrazor's data-free algorithms expect. Defaults to 0.

    Raises:
        ConfigError: If a number is out of range or the dtype is unknown.
    """

    def __init__(
        self,
        num_steps: int = 20,
        step_size: float | Sequence[float] = 1.0,
        noise_std: float | Sequence[float] = 0.01,
        guidance: Sequence[Guide] = (),
        dtype: str = 'auto',
        compile: bool = False,
        differentiable_steps: int = 0,
    ) -> None:
        if num_steps < 0:
            raise ConfigError(f'sampler.num_steps is {num_steps}; expected 0 or more')
        if not 0 <= differentiable_steps <= num_steps:
            raise ConfigError(
                f'sampler.differentiable_steps is {differentiable_steps}; '
                f'expected 0 to sampler.num_steps, which is {num_steps}'
            )
        self.num_steps = num_steps
        self.step_sizes = _per_step('step_size', step_size, num_steps)
        self.noise_stds = _per_step('noise_std', noise_std, num_steps)
        self.guidance = guidance
        self.precision = Precision(dtype, 'sampler.dtype')
        self.compile = compile
        self._compiled: tuple[nn.Module, Callable] | None = None  # of which energy, and what
        self.differentiable_steps = differentiable_steps

    def run(
        self,
        energy: nn.Module,
        images: Tensor,
        labels: Tensor | None,
        to_classifier: Callable[[Tensor], Tensor],
        window_size: int = 0,
    ) -> tuple[Tensor, Trajectory | None]:
        """Run the chain.

        Args:
            energy (nn.Module): Maps images and labels (or None) to f, shape (N,).
            images (Tensor): x_0, shape (N, C, H, W), float32 in [-1, 1].
            labels (Tensor, optional): Class of each chain, shape (N,).
            to_classifier (Callable): Maps [-1, 1] to the space in which the guidance criteria see images.
            window_size (int): K, number of consecutive steps to record, from a random start. Defaults to 0.

        Returns:
            tuple: x_n, shape (N, C, H, W); the recorded window, or None when ``window_size`` is 0.
        """

        def guided(x: Tensor, passes: Callable = energy) -> Tensor:
            with self.precision.autocast(x.device):
                value = passes(x, labels)
                judged = to_classifier(x) if self.guidance else x  # one tensor, so that criteria share the passes
                for criterion in self.guidance:
                    value = value - criterion.weight * criterion(judged, labels)
                return value.float()

        images = images.contiguous(memory_format=torch.channels_last)
        plain = self.num_steps - self.differentiable_steps
        window = self._window(window_size, plain)
        with frozen(energy):
            passes = self._passes(energy, images, labels)
            images, states, noises = langevin_chain(
                lambda x: guided(x, passes), images, self.step_sizes[:plain], self.noise_stds[:plain], window
            )
        if self.differentiable_steps:
            images, _, _ = langevin_chain(
                guided, images, self.step_sizes[plain:], self.noise_stds[plain:], create_graph=torch.is_grad_enabled()
            )
        if not window:
            return images, None
        schedule = torch.tensor([self.step_sizes, self.noise_stds], device=images.device)[:, window.start : window.stop]
        return images, Trajectory(
            torch.stack(states), torch.stack(noises), schedule[0], schedule[1], labels, images.detach(), self.num_steps
        )

    def _passes(self, energy: nn.Module, images: Tensor, labels: Tensor | None) -> Callable:
        """The energy, compiled at the first visit if the config says so."""
        if not self.compile:
            return energy
        if self._compiled is None or self._compiled[0] is not energy:
            self._compiled = energy, compiled_energy(energy, images, labels, self.precision)
        return self._compiled[1]

    @staticmethod
    def _window(size: int, num_steps: int) -> range:
        """``size`` consecutive steps out of ``num_steps``, from a start drawn uniformly."""
        if size == 0:
            return range(0)
        start = int(torch.randint(num_steps - size + 1, ()))
        return range(start, start + size)
