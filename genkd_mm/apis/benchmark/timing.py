"""Fair timing: contenders take turns in one process, and ratios are taken within a round."""

import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import torch


def seconds(call: Callable[[], object]) -> float:
    """Wall time of one call, the GPU's pending work included."""
    _synchronize()
    start = time.perf_counter()
    call()
    _synchronize()
    return time.perf_counter() - start


def interleaved(
    contenders: dict[str, Callable[[], object]], rounds: int, timer: Callable[[Callable], float] = seconds
) -> dict[str, list[float]]:
    """Seconds of each contender in each round, after one round that does not count; the order rotates."""
    names = list(contenders)
    times: dict[str, list[float]] = {name: [] for name in names}
    for index in range(rounds + 1):
        shift = index % len(names)
        for name in names[shift:] + names[:shift]:
            elapsed = timer(contenders[name])
            if index:
                times[name].append(elapsed)
    return times


def spread(values: list[float]) -> dict[str, float]:
    """``median``, ``low`` and ``high``."""
    return dict(median=statistics.median(values), low=min(values), high=max(values))


def ratio(numerator: list[float], denominator: list[float]) -> dict[str, float]:
    """The spread of numerator / denominator over the rounds."""
    return spread([a / b for a, b in zip(numerator, denominator, strict=True)])


def processes(number: int, *initial: Any) -> ProcessPoolExecutor:
    """A pool of fresh processes, which a server forks that has imported the package and nothing else.

    ``initial`` are a function that each process calls first, and a tuple of its arguments.
    """
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['genkd_mm.apis'])
    return ProcessPoolExecutor(number, context, *initial)


def _synchronize() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
