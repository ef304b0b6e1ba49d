"""The chain against its peers: same network, batch, steps and noise; only the loop around them differs."""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...samplers import LangevinSampler
from ...utils import frozen
from . import setting
from .timing import interleaved, ratio, spread


def plain_loop(classifier: nn.Module, images: Tensor, labels: Tensor, num_steps: int) -> Tensor:
    """SGLD in the form in which JEM's training code has it: one loop, float32, parameters that require gradients."""
    x = images.clone().requires_grad_(True)
    for _ in range(num_steps):
        log_density = classifier(x, mode='tensor').gather(1, labels[:, None]).sum()
        gradient = torch.autograd.grad(log_density, x, retain_graph=True)[0]
        x.data += setting.STEP_SIZE * gradient + setting.NOISE_STD * torch.randn_like(x)
        x.data.clamp_(-1, 1)
    return x.detach()


def bare_passes(energy: nn.Module, images: Tensor, labels: Tensor, num_steps: int) -> None:
    """The network's own rate: as many forward and backward passes in the fast path's dtype, and nothing around them."""
    precision = LangevinSampler().precision
    x = images.contiguous(memory_format=torch.channels_last).requires_grad_(True)
    with frozen(energy):
        for _ in range(num_steps):
            with precision.autocast(x.device):
                value = energy(x, labels).float().sum()
            torch.autograd.grad(value, x)


def torchebm_chain(classifier: nn.Module, labels: Tensor, num_steps: int) -> Callable[[Tensor], Tensor]:
    """torchebm's ``LangevinDynamics``, whose noise is sqrt(2 * step_size) * noise_scale.

    Raises:
        ImportError: If torchebm is not installed.
    """
    from torchebm.core import BaseModel
    from torchebm.samplers import LangevinDynamics

    class Energy(BaseModel):
        def __init__(self) -> None:
            super().__init__(device=setting.device())
            self.classifier = classifier

        def forward(self, x: Tensor) -> Tensor:
            return -self.classifier(x, mode='tensor').gather(1, labels[:, None])[:, 0]

    sampler = LangevinDynamics(
        Energy(),
        step_size=setting.STEP_SIZE,
        clamp=(-1.0, 1.0),
        device=setting.device(),
        noise_scale=setting.NOISE_STD / math.sqrt(2 * setting.STEP_SIZE),
    )
    return lambda images: sampler.sample(x=images, n_steps=num_steps)


def measure(widen_factor: int, size: int, num_steps: int, rounds: int, compiled: bool) -> dict:
    """Images times steps per second of each, and the ratios of throughputs; that over the bare network is 1 at most.

    ``compiled`` times the fast path with ``sampler.compile`` as well; the compilation itself, many seconds, does not
    count.
    """
    images, labels = setting.batch(size)
    energy = setting.energy(widen_factor)
    peers = copy.deepcopy(energy.classifier).to(memory_format=torch.contiguous_format)

    def ours(dtype: str, compiled: bool = False) -> Callable[[], object]:
        sampler = LangevinSampler(num_steps, setting.STEP_SIZE, setting.NOISE_STD, dtype=dtype, compile=compiled)
        if compiled:  # here; a GPU then records the graph in the round that does not count
            sampler.run(energy, images, labels, lambda x: x)
        return lambda: sampler.run(energy, images, labels, lambda x: x)

    run_torchebm = torchebm_chain(peers, labels, num_steps)
    times = interleaved(
        dict(
            fast=ours('auto'),
            fp32=ours('float32'),
            torchebm=lambda: run_torchebm(images),
            plain=lambda: plain_loop(peers, images, labels, num_steps),
            network=lambda: bare_passes(energy, images, labels, num_steps),
            **(dict(compiled=ours('auto', compiled=True)) if compiled else {}),
        ),
        rounds,
    )
    work = size * num_steps
    dtype = LangevinSampler().precision.dtype(setting.device())
    gain = dict(compiled_over_fast=ratio(times['fast'], times['compiled'])) if compiled else {}
    return dict(
        network=f'WRN-10-{widen_factor}, smooth, norm-free',
        images=size,
        steps=num_steps,
        fast_dtype=str(dtype).removeprefix('torch.'),
        images_steps_per_second={name: spread([work / value for value in values]) for name, values in times.items()},
        fast_over_torchebm=ratio(times['torchebm'], times['fast']),
        fast_over_plain=ratio(times['plain'], times['fast']),
        fast_over_network=ratio(times['network'], times['fast']),
        fp32_over_torchebm=ratio(times['torchebm'], times['fp32']),
        fp32_over_plain=ratio(times['plain'], times['fp32']),
        **gain,
    )
