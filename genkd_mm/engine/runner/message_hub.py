"""A message hub that reads logged tensors on demand."""

from collections import OrderedDict
from collections.abc import Callable

import torch
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.optim import OptimWrapper
from torch import Tensor

MOST = 10_000  # values of one scalar that wait


class LazyMessageHub(MessageHub):
    """mmengine's ``MessageHub``, which would read each logged tensor at once and so wait for the GPU each time.

    Here tensors wait until one of their scalars is asked for, as by ``LoggerHook`` and for a checkpoint, and are then
    read together.
    """

    def __init__(self, name: str, **kwargs) -> None:
        super().__init__(name, **kwargs)
        self._waiting: dict[str, list[tuple]] = {}

    def update_scalar(self, key: str, value, count: int = 1, resumed: bool = True) -> None:
        """As mmengine's; a tensor must have one element."""
        if isinstance(value, Tensor):
            value = value.detach().reshape(()).to(torch.float64, copy=True)  # of the value that it has now
        elif key not in self._waiting:
            super().update_scalar(key, value, count, resumed)
            return
        self._waiting.setdefault(key, []).append((value, count, resumed))
        if len(self._waiting[key]) >= MOST:
            self._read()

    def get_scalar(self, key: str) -> HistoryBuffer:
        """As mmengine's; ``IterTimerHook`` asks for the seconds of each iteration, which are no tensor."""
        known = key in self._log_scalars and key not in self._waiting
        return self._log_scalars[key] if known else super().get_scalar(key)

    @property
    def log_scalars(self) -> OrderedDict:
        """As mmengine's."""
        self._read()
        return super().log_scalars

    def state_dict(self) -> dict:
        """As mmengine's."""
        self._read()
        return super().state_dict()

    def _read(self) -> None:
        """Give mmengine's hub the values that wait."""
        waiting, self._waiting = self._waiting, {}
        tensors = [value for values in waiting.values() for value, *_ in values if isinstance(value, Tensor)]
        numbers = {
            device: iter(torch.stack([value for value in tensors if value.device == device]).tolist())
            for device in {value.device for value in tensors}
        }
        for key, values in waiting.items():
            for value, count, resumed in values:
                number = next(numbers[value.device]) if isinstance(value, Tensor) else value
                super().update_scalar(key, number, count, resumed)


def log_norm_lazily(wrapper: OptimWrapper) -> None:
    """Let ``wrapper`` log the norm of the gradients that it clips as a tensor; mmengine reads it at each step."""
    clip: Callable | None = getattr(wrapper, 'clip_func', None)
    if clip is None:
        return

    def clipped(*args, **kwargs) -> None:
        norm = clip(*args, **kwargs)
        if norm is not None:
            wrapper.message_hub.update_scalar(f'train/{wrapper.grad_name}', norm)

    wrapper.clip_func = clipped
