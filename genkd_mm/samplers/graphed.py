"""The whole chain as one CUDA graph, where it can be recorded.

Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.logging import print_log
from torch import Tensor

from .langevin import langevin_chain, standard_normal

Climbed = Callable[[Tensor, Tensor | None], Tensor]
Steps = Callable[[Tensor, Tensor | None, Tensor], Tensor]
WARM_UP = 3  # runs in which libraries choose their kernels, which a recording cannot do
TOLERANCE = 1e-2  # mean over pixels in [-1, 1], what a few steps make of another order of sums in bfloat16


def can_record(device: torch.device) -> bool:
    """Whether the device has graphs."""
    return device.type == 'cuda'


def cuda_graph(function: Callable[[], Tensor]) -> tuple[Tensor, Callable[[], None]]:
    """What ``function`` returns, and what computes it anew in place, from what its inputs hold by then.

    Raises:
        RuntimeError: If it does what a graph cannot record, such as waiting for the GPU.
    """
    stream, side = torch.cuda.current_stream(), torch.cuda.Stream()
    side.wait_stream(stream)
    with torch.cuda.stream(side):
        for _ in range(WARM_UP):
            function()
        with _waiting_refused():
            function()
    stream.wait_stream(side)
    generator = torch.cuda.default_generators[torch.cuda.current_device()]
    before = generator.clone_state()
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph, capture_error_mode='thread_local'):  # NCCL's and loaders' threads go on
            result = function()
    except RuntimeError:  # torch leaves stream and generator as they were in the recording
        torch.cuda.set_stream(stream)
        generator.graphsafe_set_state(before)
        raise
    return result, graph.replay


@contextmanager
def _waiting_refused() -> Iterator[None]:
    """What would wait for the GPU raises a RuntimeError: known before a recording, which it would break off."""
    mode = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode('error')
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(mode)


class GraphedChain:
    """The states of a chain of one shape, recorded once and replayed with other images, labels and noise.

    Args:
        steps (Callable): Maps x_0 (N, C, H, W), labels (N,) or None, and e_1, ..., e_n (n, N, C, H, W) to the states
            x_1, ..., x_n (n, N, C, H, W). Networks in it may be updated in place later.
        images (Tensor): x_0.
        labels (Tensor, optional): Their classes.
        noises (Tensor): e_1, ..., e_n.

    Raises:
        RuntimeError: If it cannot be recorded, or if the recording gives other states than ``steps`` for other inputs.
    """

    def __init__(self, steps: Steps, images: Tensor, labels: Tensor | None, noises: Tensor) -> None:
        self._images, self._noises = images.clone(), noises.clone()
        self._labels = None if labels is None else labels.clone()
        self._states, self._replay = cuda_graph(lambda: steps(self._images, self._labels, self._noises))
        others = images.flip(0), None if labels is None else labels.flip(0), noises.flip(0, 1)
        error = (self(*others) - steps(*others)).abs().mean().item()
        if not error < TOLERANCE:
            raise RuntimeError(f'its replay is {error:.2g} off')

    def __call__(self, images: Tensor, labels: Tensor | None, noises: Tensor) -> Tensor:
        """x_1, ..., x_n, a copy; the inputs have the shapes of those that were recorded."""
        self._images.copy_(images)
        self._noises.copy_(noises)
        if self._labels is not None and labels is not None:
            self._labels.copy_(labels)
        self._replay()
        return self._states.clone()


class ChainRecorder:
    """``langevin_chain``, replayed from a recording for each shape of images.

    A shape is recorded at its second visit, since odd numbers of restarted chains come only once.
    """

    def __init__(self) -> None:
        self._chains: dict[tuple, GraphedChain | None] = {}  # None: visited once
        self._recordable = True

    def __call__(
        self,
        climbed: Climbed,
        images: Tensor,
        labels: Tensor | None,
        step_sizes: Sequence[float],
        noise_stds: Sequence[float],
        window: range,
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """As ``langevin_chain`` of x -> climbed(x, labels), the same function at every call."""

        def steps(x: Tensor, classes: Tensor | None, noises: Tensor) -> Tensor:
            every = range(len(step_sizes))
            _, states, _ = langevin_chain(
                lambda state: climbed(state, classes), x, step_sizes, noise_stds, every, noises=noises
            )
            return torch.stack(states[1:])

        if not step_sizes:
            return images, [], []
        noises = standard_normal(images, len(step_sizes))
        after = self._states(steps, images, labels, noises)
        states = [images, *after][window.start : window.stop + 1] if window else []
        return after[-1], states, list(noises[window.start : window.stop])

    def _states(self, steps: Steps, images: Tensor, labels: Tensor | None, noises: Tensor) -> Tensor:
        """``steps(images, labels, noises)``, replayed once it is recorded; the log says why if it cannot be."""
        shape = (*images.shape, labels is None)
        if self._recordable and shape in self._chains and self._chains[shape] is None:
            self._chains[shape] = self._recorded(steps, images, labels, noises)
        return (self._chains.setdefault(shape, None) or steps)(images, labels, noises)

    def _recorded(self, steps: Steps, *inputs: Any) -> GraphedChain | None:
        try:
            return GraphedChain(steps, *inputs)
        except RuntimeError as error:
            self._recordable = False
            reason = ' '.join(str(error).split())[:200]
            print_log(
                f'sampler.compile: the chain cannot be recorded as a CUDA graph ({reason}); it runs step by step',
                'current',
                logging.WARNING,
            )
            return None
