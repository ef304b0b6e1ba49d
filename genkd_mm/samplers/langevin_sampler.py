"""The registered sampler around the chain."""

import random
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from mmrazor.registry import TASK_UTILS
from torch import Tensor, nn

from ..structures import Trajectory
from ..utils import ConfigError, Precision, frozen
from .compiled import compiled_energy
from .graphed import CUDAGraphChain, GuidedLogDensity, can_record
from .langevin import STARTS, block_normal, langevin_chain


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


def window_coverage(num_steps: int, size: int) -> list[float]:
    """Probability that K = ``size`` consecutive steps, from a start drawn uniformly, cover each of n = ``num_steps``.

    Of the n - K + 1 starts, min(k + 1, K, n - K + 1, n - k) cover step k = 0, ..., n - 1: fewer at the two ends.
    """
    starts = num_steps - size + 1
    return [min(k + 1, size, starts, num_steps - k) / starts for k in range(num_steps)]


class Guide(Protocol):
    """What the chain asks of a guidance criterion: its weight, and the cost of each image, shape (N,)."""

    weight: float

    def __call__(self, images: Tensor, labels: Tensor | None) -> Tensor: ...


@TASK_UTILS.register_module()
class LangevinSampler:
    """The chain: x_k = clamp(x_{k-1} + eta * grad (f - sum_j w_j c_j)(x_{k-1}) + sigma * e_k, -1, 1).

    Chains that start from N(0, I) leave [-1, 1] on their way: of these only x_n is clamped. Chains of latents are never
    clamped.

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
        compile (bool): Whether ``torch.compile`` fuses the pointwise operations of the energy's passes, and a GPU
            records the whole chain, guidance included, as one CUDA graph; a fallback says why if either cannot be done.
            The last ``differentiable_steps`` run as they are. Defaults to False.
        differentiable_steps (int): How many of the last steps keep the graph through f's parameters, so that a loss
            on the images reaches them, as the losses of mmrazor's data-free algorithms expect. Defaults to 0.
        start (str): What x_0 of a new chain is drawn from: ``uniform``, U(-1, 1), or ``normal``, N(0, I), as the prior
            was trained. Defaults to ``uniform``.
        noise_block (int): b, the side in pixels of the squares on which e_k is constant, as ``block_normal`` draws it,
            so the score of large images sums fewer terms. A divisor of height and width. A pixel's noise is sigma / b:
            multiply ``noise_std`` by b to keep it. Defaults to 1.
        clamp (bool): Whether chains stay in [-1, 1], as pixels do. Set by ``EBMGenerator``. Defaults to True.

    Raises:
        ConfigError: If a number is out of range or the start or the dtype is unknown.
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
        start: str = 'uniform',
        noise_block: int = 1,
        *,
        clamp: bool = True,
    ) -> None:
        if num_steps < 0:
            raise ConfigError(f'sampler.num_steps is {num_steps}; expected 0 or more')
        if not 0 <= differentiable_steps <= num_steps:
            raise ConfigError(
                f'sampler.differentiable_steps is {differentiable_steps}; '
                f'expected 0 to sampler.num_steps, which is {num_steps}'
            )
        if not isinstance(noise_block, int) or noise_block < 1:
            raise ConfigError(f'sampler.noise_block is {noise_block!r}; expected a whole number, 1 or more')
        if start not in STARTS:
            raise ConfigError(f'sampler.start is {start!r}; expected one of {", ".join(STARTS)}')
        self.num_steps = num_steps
        self.start = start
        self.clamp = clamp
        self.step_sizes = _per_step('step_size', step_size, num_steps)
        self.noise_stds = _per_step('noise_std', noise_std, num_steps)
        self.noise_block = noise_block
        self.guidance = guidance
        self.precision = Precision(dtype, 'sampler.dtype')
        self.compile = compile
        self._compiled: tuple[nn.Module, Callable] | None = None  # of which energy, and what
        self._recorder = CUDAGraphChain()
        self.differentiable_steps = differentiable_steps

    @property
    def clamp_from(self) -> int:
        """The first step, counted from 0, whose result is clamped; ``num_steps`` if none is."""
        if not self.clamp:
            return self.num_steps
        return 0 if self.start == 'uniform' else self.num_steps - 1

    def draw_start(self, shape: tuple[int, ...], device: torch.device | str) -> Tensor:
        """x_0 of new chains, float32, of the given shape (N, C, H, W)."""
        return STARTS[self.start](shape, device)

    def draw_noise(self, images: Tensor) -> Tensor:
        """e of one step for ``images`` (N, C, H, W), of their shape."""
        return block_normal(images, self.noise_block)

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
            images (Tensor): x_0, shape (N, C, H, W), float32: of :meth:`draw_start`, or in the energy's space.
            labels (Tensor, optional): Class of each chain, shape (N,).
            to_classifier (Callable): Maps the energy's space to that in which the criteria see images.
            window_size (int): K, number of consecutive steps to record, from a random start. Defaults to 0.

        Returns:
            tuple: x_n, shape (N, C, H, W), in the same space; the recorded window, or None when ``window_size`` is 0.
        """
        images = images.contiguous(memory_format=torch.channels_last)
        plain = self.num_steps - self.differentiable_steps
        window = self._window(window_size, plain)
        etas, sigmas = self.step_sizes[:plain], self.noise_stds[:plain]
        drawn = (self.draw_noise(images) for _ in etas)
        clamp_from = self.clamp_from
        with frozen(energy):
            guided_log_density = self._guided_log_density(self._passes(energy, images, labels), to_classifier)
            if self.compile and can_record(images.device):
                images, states, noises = self._recorder(
                    guided_log_density, images, labels, etas, sigmas, window, drawn, clamp_from
                )
            else:
                images, states, noises = langevin_chain(
                    lambda x: guided_log_density(x, labels),
                    images,
                    etas,
                    sigmas,
                    window,
                    noises=drawn,
                    clamp_from=clamp_from,
                )
        if self.differentiable_steps:
            guided_log_density = self._guided_log_density(energy, to_classifier)
            images, _, _ = langevin_chain(
                lambda x: guided_log_density(x, labels),
                images,
                self.step_sizes[plain:],
                self.noise_stds[plain:],
                create_graph=torch.is_grad_enabled(),
                noises=(self.draw_noise(images) for _ in self.step_sizes[plain:]),
                clamp_from=clamp_from - plain,
            )
        if not window:
            return images, None
        schedule = torch.tensor([etas, sigmas, window_coverage(plain, window_size)])[:, window.start : window.stop]
        step_sizes, noise_stds, coverage = schedule.to(images.device, non_blocking=True).unbind()
        return images, Trajectory(
            torch.stack(states), torch.stack(noises), step_sizes, noise_stds, coverage, labels, images.detach()
        )

    def _guided_log_density(self, passes: Callable, to_classifier: Callable[[Tensor], Tensor]) -> GuidedLogDensity:
        """f - sum_j w_j c_j of images and labels, shape (N,)."""

        def guided_log_density(images: Tensor, labels: Tensor | None) -> Tensor:
            with self.precision.autocast(images.device):
                value = passes(images, labels)
                judged = to_classifier(images) if self.guidance else images  # one tensor: criteria share the passes
                for criterion in self.guidance:
                    value = value - criterion.weight * criterion(judged, labels)
                return value.float()

        return guided_log_density

    def _passes(self, energy: nn.Module, images: Tensor, labels: Tensor | None) -> Callable:
        """The energy, compiled at the first visit if the config says so."""
        if not self.compile:
            return energy
        if self._compiled is None or self._compiled[0] is not energy:
            self._compiled = energy, compiled_energy(energy, images, labels, self.precision)
            self._recorder = CUDAGraphChain()
        return self._compiled[1]

    @staticmethod
    def _window(size: int, num_steps: int) -> range:
        """``size`` consecutive steps out of ``num_steps``, from a start drawn uniformly."""
        if size == 0:
            return range(0)
        start = random.randrange(num_steps - size + 1)
        return range(start, start + size)
