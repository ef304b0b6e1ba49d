"""The whole chain as one CUDA graph, where it can be recorded.

Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from mmengine.logging import print_log
from torch import Tensor

from ..utils import ConfigError
from .langevin import langevin_chain

GuidedLogDensity = Callable[[Tensor, Tensor | None], Tensor]
Steps = Callable[..., Tensor]  # x_0, e_1 ... e_n (n, N, C, H, W) and, if any, labels -> x_1 ... x_n (n, N, C, H, W)
TOLERANCE = 1e-2  # mean over pixels in [-1, 1], what a few steps make of another order of sums in bfloat16
MOST = 2  # recordings, for each holds the memory of a pass: the batches of a run, and those of its evaluation


def can_record(device: torch.device) -> bool:
    """Whether the device has graphs."""
    return device.type == 'cuda'


def cuda_graph(steps: Steps, *inputs: Tensor) -> Steps:
    """``steps``, which has run before, as a CUDA graph; it keeps ``inputs`` and writes over its last result.

    Raises:
        RuntimeError: If it waits for the GPU, which a graph cannot record; nothing has been recorded then.
        ConfigError: If the recording breaks off for another reason, which leaves torch unfit to go on.
    """
    with torch.cuda.device(inputs[0].device):
        with _waiting_refused():
            steps(*inputs)
        try:
            return cast(Steps, torch.cuda.make_graphed_callables(steps, inputs))
        except RuntimeError as error:
            raise ConfigError(
                f'sampler.compile=True: recording the chain as a CUDA graph broke off ({error.__context__ or error}); '
                'set sampler.compile=False'
            ) from error


@contextmanager
def _waiting_refused() -> Iterator[None]:
    """What would wait for the GPU raises a RuntimeError: known before a recording, which it would break off."""
    mode = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode('error')
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(mode)


def checked(steps: Steps, *inputs: Tensor) -> Steps:
    """``steps`` as a CUDA graph. Networks in it may be updated in place later.

    Raises:
        RuntimeError: If it cannot be recorded, or if for other inputs the replay is farther from ``steps`` than a mean
            of ``TOLERANCE``.
        ConfigError: As :func:`cuda_graph`.
    """
    replay = cuda_graph(steps, *(part.clone() for part in inputs))
    others = [part.flip(-4 if part.dim() > 1 else 0) for part in inputs]  # each chain with the parts of another
    error = (replay(*others).nan_to_num() - steps(*others).nan_to_num()).abs().mean().item()
    if error > TOLERANCE:
        raise RuntimeError(f'its replay is {error:.2g} off')
    return replay


class CUDAGraphChain:
    """``langevin_chain``, replayed from a recording for up to ``MOST`` shapes of images, each from its second visit."""

    def __init__(self) -> None:
        self._replays: dict[tuple, Steps] = {}
        self._visited: set[tuple] = set()
        self._recordable = True

    def __call__(
        self,
        guided_log_density: GuidedLogDensity,
        images: Tensor,
        labels: Tensor | None,
        step_sizes: Sequence[float],
        noise_stds: Sequence[float],
        window: range,
        noises: Iterable[Tensor],
        clamp_from: int = 0,
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """As ``langevin_chain`` of x -> guided_log_density(x, labels), the same function at every call."""

        def steps(x: Tensor, drawn: Tensor, classes: Tensor | None = None) -> Tensor:
            every = range(len(step_sizes))
            _, states, _ = langevin_chain(
                lambda state: guided_log_density(state, classes),
                x,
                step_sizes,
                noise_stds,
                every,
                noises=drawn,
                clamp_from=clamp_from,
            )
            return torch.stack(states[1:])

        shape = (*images.shape, labels is None)
        wanted = shape in self._replays or shape in self._visited and self._recordable and len(self._replays) < MOST
        self._visited.add(shape)
        if not (wanted and step_sizes):
            return langevin_chain(
                lambda x: guided_log_density(x, labels),
                images,
                step_sizes,
                noise_stds,
                window,
                noises=noises,
                clamp_from=clamp_from,
            )
        drawn = torch.stack(list(noises))
        inputs = (images, drawn) if labels is None else (images, drawn, labels)
        if shape not in self._replays:
            self._record(shape, steps, inputs)
        after = self._replays.get(shape, steps)(*inputs).clone()
        states = [images, *after][window.start : window.stop + 1] if window else []
        return after[-1].clone(), states, list(drawn[window.start : window.stop])

    def _record(self, shape: tuple, steps: Steps, inputs: tuple[Tensor, ...]) -> None:
        """Record the chain of these shapes; the log says why if none can be recorded."""
        try:
            self._replays[shape] = checked(steps, *inputs)
        except RuntimeError as error:
            self._recordable = False
            reason = ' '.join(str(error).split())[:200]
            print_log(
                f'sampler.compile: the chain cannot be recorded as a CUDA graph ({reason}); it runs step by step',
                'current',
                logging.WARNING,
            )
