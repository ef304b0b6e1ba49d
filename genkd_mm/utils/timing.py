"""Wall time, kept where checkpoints carry it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.logging import MessageHub


@contextmanager
def timed(name: str, device: torch.device) -> Iterator[None]:
    """Add the seconds spent inside, the device's pending work included, to the message hub's info ``name``."""
    hub = MessageHub.get_current_instance()
    start = _now(device)
    yield
    hub.update_info(name, hub.get_info(name, 0.0) + _now(device) - start)


def _now(device: torch.device) -> float:
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
    return time.perf_counter()
