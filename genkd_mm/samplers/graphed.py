"""The whole chain as one CUDA graph, where it can be recorded.

Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from mmengine.logging import print_log
from torch import Tensor

from ..utils import ConfigError
from .langevin import langevin_chain, standard_normal

Climbed = Callable[[Tensor, Tensor | None], Tensor]
Steps = Callable[[Tensor, Tensor | None, Tensor], Tensor]
WARM_UP = 3  # runs in which libraries choose their kernels, which a recording cannot do
TOLERANCE = 1e-2  # mean over pixels in [-1, 1], what a few steps make of another order of sums in bfloat16
MOST = 2  # recordings, for each holds the memory of a pass: the batches of a run, and those of its evaluation


def can_record(device: torch.device) -> bool:
    """Whether the device has graphs."""
    return device.type == 'cuda'


def cuda_graph(function: Callable[[], Tensor], device: torch.device) -> tuple[Tensor, Callable[[], None]]:
    """What ``function`` returns, and what computes it anew in place, from what its inputs hold by then.

    Raises:
        RuntimeError: If it waits for the GPU, which a graph cannot record; it has not been recorded then.
        ConfigError: If the recording breaks off for another reason, which leaves torch unfit to go on.
    """
    with torch.cuda.device(device):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                function()
            with _waiting_refused():
                function()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        try:  # the threads of NCCL and of loaders go on
            with torch.cuda.graph(graph, stream=side, capture_error_mode='thread_local'):
                result = function()
        except RuntimeError as error:
            raise ConfigError(
                f'sampler.compile=True: recording the chain as a CUDA graph broke off ({error.__context__ or error}); '
                'set sampler.compile=False'
            ) from error
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
        RuntimeError: If it cannot be recorded, or if for other inputs the replay is farther from ``steps`` than a mean
            of ``TOLERANCE``.
        ConfigError: As :func:`cuda_graph`.
    """

    def __init__(self, steps: Steps, images: Tensor, labels: Tensor | None, noises: Tensor) -> None:
        self._images, self._noises = images.clone(), noises.clone()
        self._labels = None if labels is None else labels.clone()
        self._states, self._replay = cuda_graph(lambda: steps(self._images, self._labels, self._noises), images.device)
        others = images.flip(0), None if labels is None else labels.flip(0), noises.flip(0, 1)
        replayed, expected = (states(*others).nan_to_num() for states in (self, steps))
        error = (replayed - expected).abs().mean().item()
        if error > TOLERANCE:
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
    """``langevin_chain``, replayed from a recording for up to ``MOST`` shapes of images, each from its second visit."""

    def __init__(self) -> None:
        self._chains: dict[tuple, GraphedChain] = {}
        self._visited: set[tuple] = set()
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

        chain = self._chain(steps, images, labels, len(step_sizes)) if step_sizes else None
        if chain is None:
            return langevin_chain(lambda x: climbed(x, labels), images, step_sizes, noise_stds, window)
        noises = standard_normal(images, len(step_sizes))
        after = chain(images, labels, noises)
        states = [images, *after][window.start : window.stop + 1] if window else []
        return after[-1].clone(), states, list(noises[window.start : window.stop])

    def _chain(self, steps: Steps, images: Tensor, labels: Tensor | None, num_steps: int) -> GraphedChain | None:
        """The recording for these shapes, made if it is due; the log says why if none can be made."""
        shape = (*images.shape, labels is None)
        due = self._recordable and shape in self._visited and len(self._chains) < MOST
        self._visited.add(shape)
        if due and shape not in self._chains:
            try:
                self._chains[shape] = GraphedChain(steps, images, labels, standard_normal(images, num_steps))
            except RuntimeError as error:
                self._recordable = False
                reason = ' '.join(str(error).split())[:200]
                print_log(
                    f'sampler.compile: the chain cannot be recorded as a CUDA graph ({reason}); it runs step by step',
                    'current',
                    logging.WARNING,
                )
        return self._chains.get(shape)
