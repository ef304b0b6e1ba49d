"""Wall time that is read when it is asked for, so no GPU is waited for in between."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Stopwatch:
    """Adds up the seconds spent inside :meth:`running`.

    A GPU's seconds lie between two events on its stream, which are read once the GPU has passed them; a CPU's are those
    of the clock.

    Args:
        seconds (float, optional): What an earlier process has spent. Defaults to None: nothing has been timed.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = seconds
        self._events: deque[tuple[torch.cuda.Event, torch.cuda.Event]] = deque()

    @contextmanager
    def running(self, device: torch.device) -> Iterator[None]:
        """Add the seconds that ``device`` spends on the work inside."""
        if device.type != 'cuda':
            start = time.perf_counter()
            yield
            self._add(time.perf_counter() - start)
            return
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record(torch.cuda.current_stream(device))
        yield
        end.record(torch.cuda.current_stream(device))
        self._events.append((begin, end))
        while self._events[0][1].query() and len(self._events) > 1:  # keeps the queue short, and waits for nothing
            self._read_event()

    @property
    def seconds(self) -> float | None:
        """The sum so far, which waits for the pending work; None if nothing has been timed."""
        while self._events:
            self._read_event()
        return self._seconds

    def _read_event(self) -> None:
        begin, end = self._events.popleft()
        end.synchronize()
        self._add(begin.elapsed_time(end) / 1000)

    def _add(self, seconds: float) -> None:
        self._seconds = (self._seconds or 0.0) + seconds


def duration(seconds: float) -> str:
    """Seconds in words: 50 -> 50 s; 600 -> 10 min; 36000 -> 10.0 h."""
    if seconds < 100:
        return f'{seconds:.0f} s'
    return f'{seconds / 60:.0f} min' if seconds < 6000 else f'{seconds / 3600:.1f} h'
