"""The least time that the chain's network passes can take on this machine, and where the time goes instead."""

from collections.abc import Callable

import torch
from mmrazor.registry import MODELS
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from ...samplers import LangevinSampler
from . import setting
from .chain import plain_loop
from .timing import seconds

SIDE = 2048  # of the matrices that tell what the hardware multiplies
GROUPS = dict(  # by the names of the operators, first match
    convolutions=('conv',),
    activations=('silu', 'sigmoid', 'leaky_relu', 'relu'),
    copies=('copy', '_to_copy', 'clone', 'contiguous', 'reorder'),
    noise=('normal', 'random'),
)


def operations(widen_factor: int, size: int) -> tuple[int, int]:
    """Floating-point operations of f and of its gradient in x, and bytes of the tensors between the layers in bfloat16.

    A multiply and an add count as two; the gradient in x takes the multiplications of each layer once more. The bytes
    are those that each layer reads and writes, once forward and twice backward.
    """
    energy = setting.energy(widen_factor)
    images, labels = setting.batch(size)
    moved = 0

    def count(module, inputs, output) -> None:
        nonlocal moved
        moved += 2 * (inputs[0].numel() + output.numel())

    for module in energy.modules():
        if not list(module.children()):
            module.register_forward_hook(count)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        energy(images, labels)
    return 2 * counter.get_total_flops(), 3 * moved


def _best(function: Callable[[], object], repeats: int = 5) -> float:
    """Seconds of the fastest of some calls, after one that does not count."""
    seconds(function)
    return min(seconds(function) for _ in range(repeats))


def copy_rate() -> float:
    """Bytes a second that a copy of 256 MiB reads and writes."""
    source = torch.zeros(2**28, dtype=torch.uint8, device=setting.device())
    target = torch.empty_like(source)
    return 2 * source.numel() / _best(lambda: target.copy_(source))


def where(function: Callable[[], object]) -> dict[str, float]:
    """Share of each group of operators in the time of ``function``, from torch's profiler."""
    gpu = torch.cuda.is_available()
    function()
    activities = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * gpu
    with profile(activities=activities, acc_events=True) as profiler:
        function()
    spent = dict.fromkeys([*GROUPS, 'other'], 0.0)
    for event in profiler.key_averages():
        group = next((name for name, words in GROUPS.items() if any(word in event.key for word in words)), 'other')
        spent[group] += event.self_device_time_total if gpu else event.self_cpu_time_total
    total = sum(spent.values())
    return {name: value / total for name, value in spent.items()}


def measure(widen_factor: int, size: int, steps: int) -> dict:
    """Floor and chain in milliseconds a step of ``size`` images, and the profiles of plain loop and fast chain."""
    sampler = LangevinSampler(steps, setting.STEP_SIZE, setting.NOISE_STD)
    dtype = sampler.precision.dtype(setting.device())
    energy = setting.energy(widen_factor)
    plain = MODELS.build(setting.energy_network(widen_factor)).to(setting.device())
    images, labels = setting.batch(size)
    flops, moved = operations(widen_factor, size)
    rates = {}
    for kind in dict.fromkeys((torch.float32, dtype)):
        a, b = torch.randn(2, SIDE, SIDE, device=setting.device()).to(kind)
        rates[str(kind).removeprefix('torch.')] = 2 * SIDE**3 / _best(lambda a=a, b=b: a @ b)
    bandwidth = copy_rate()
    fast = str(dtype).removeprefix('torch.')

    def run() -> object:
        return sampler.run(energy, images, labels, lambda x: x)

    chain = _best(run, 3) / steps
    return dict(
        network=f'WRN-10-{widen_factor}',
        images=size,
        gigaflop_a_step=flops / 1e9,
        mebibytes_a_step=moved / 2**20,
        gigaflop_per_second={name: rate / 1e9 for name, rate in rates.items()},
        gigabytes_per_second=bandwidth / 1e9,
        floor_ms=dict(multiplications=1000 * flops / rates[fast], bytes=1000 * moved / bandwidth),
        chain_ms=1000 * chain,
        floor_share=max(flops / rates[fast], moved / bandwidth) / chain,
        profile=dict(plain=where(lambda: plain_loop(plain, images, labels, steps)), fast=where(run)),
    )
