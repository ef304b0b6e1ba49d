"""How many CPU threads a run gains from."""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from mmengine.device import get_device
from mmengine.runner import Runner
from torch import nn

from ... import threads
from ...utils import evaluating, unwrapped
from .access import generator_of

# Measured on two cores of an AMD EPYC: passes of the shipped networks forward and backward, threads that sleep while
# they wait. Below 30 million multiply-adds for a batch in the average layer, a second thread made a pass 1.0 to 1.6
# times as long in bfloat16 (0.9 to 1.8 in float32), above 30 million 0.74 to 1.14 times (0.65 to 0.81).
MULTIPLY_ADDS_A_THREAD = 15e6


def useful_threads(multiply_adds: float, available: int) -> int:
    """How many threads a network gains from, with that many multiply-adds of its average layer for a batch."""
    return max(1, min(available, int(multiply_adds / MULTIPLY_ADDS_A_THREAD)))


def layer_multiply_adds(network: nn.Module, image_shape: Sequence[int]) -> float:
    """Multiply-adds of a network's average convolution or linear layer for one image; 0 if it has none."""
    found: list[int] = []

    def count(layer: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        found.append(output.numel() * layer.weight[0].numel())

    layers = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    with ExitStack() as hooks, evaluating(network), torch.no_grad():
        for layer in layers:
            hooks.enter_context(layer.register_forward_hook(count))
        network(torch.zeros(1, *image_shape))
    return statistics.mean(found) if found else 0.0


def trained_network(runner: Runner) -> nn.Module:
    """The student of a distillation, the energy of a prior, the model itself of any other run."""
    model = unwrapped(runner.model)
    return unwrapped(getattr(model, 'student', None) or getattr(generator_of(runner), 'energy', None) or model)


def input_shape(runner: Runner) -> Sequence[int] | None:
    """(C, H, W) of what that network takes; None if neither the config's ``image_shape`` nor the generator tells it."""
    generator = generator_of(runner)
    if trained_network(runner) is getattr(generator, 'energy', None):
        return generator.state_shape
    return runner.cfg.get('image_shape') or getattr(generator, 'image_shape', None)


@contextmanager
def fitting_threads(runner: Runner) -> Iterator[None]:
    """As many CPU threads as the network that is trained gains from, and the former number afterwards.

    The number depends on the config and on the threads that there are, never on a measurement: a resumed run takes
    the same, so rounding is the same too. It does not change with ``OMP_NUM_THREADS``, on a GPU, or if
    :func:`input_shape` is unknown.
    """
    available = torch.get_num_threads()
    shape = input_shape(runner)
    if threads.CHOSEN or get_device() != 'cpu' or not shape:
        yield
        return
    batch_size = runner.train_loop.dataloader.batch_size
    number = useful_threads(batch_size * layer_multiply_adds(trained_network(runner), shape), available)
    runner.logger.info(f'CPU threads: {number} of {available}; OMP_NUM_THREADS sets another number')
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(available)
