import time

import pytest
import torch

from genkd_mm.utils import Stopwatch

CPU = torch.device('cpu')


def test_seconds_add_up():
    watch, start = Stopwatch(), time.perf_counter()
    for _ in range(2):
        with watch.running(CPU):
            time.sleep(0.02)
    assert 0.04 <= watch.seconds <= time.perf_counter() - start


def test_time_outside_is_not_counted():
    watch = Stopwatch()
    with watch.running(CPU):
        pass
    time.sleep(0.05)
    with watch.running(CPU):
        pass
    assert watch.seconds < 0.05


def test_nothing_timed_is_no_seconds_and_a_resumed_run_adds_to_its_own():
    assert Stopwatch().seconds is None
    watch = Stopwatch(100.0)
    with watch.running(CPU):
        time.sleep(0.01)
    assert 100.01 <= watch.seconds < 101


class Event:
    """A GPU's event: the GPU passes it when ``clock`` says so."""

    clock, waited = 0.0, 0

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self, stream) -> None:
        self.at = Event.clock + 5  # the GPU is five milliseconds behind

    def query(self) -> bool:
        return Event.clock >= self.at

    def synchronize(self) -> None:
        Event.waited += Event.clock < self.at
        Event.clock = max(Event.clock, self.at)

    def elapsed_time(self, end: 'Event') -> float:
        return end.at - self.at


def test_a_gpus_seconds_are_read_when_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'Event', Event)
    monkeypatch.setattr(torch.cuda, 'current_stream', lambda device: None)
    watch = Stopwatch()
    for milliseconds in (1, 2, 3):
        with watch.running(torch.device('cuda', 0)):
            Event.clock += milliseconds
    assert Event.waited == 0
    assert watch.seconds == pytest.approx(0.006) and Event.waited
