"""A good state of a run's training, in memory, to go back to."""

import copy
from collections.abc import Iterator

import torch
from mmengine.hooks import EMAHook
from mmengine.model import BaseAveragedModel
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.runner import Runner
from torch import Tensor

from ...utils import unwrapped


class Snapshot:
    """Trainable parameters, their averages, buffers and optimizers of a run, as they are now."""

    def __init__(self, runner: Runner) -> None:
        self._tensors = [tensor.detach().clone() for tensor in _tensors(runner)]
        self._optimizers = {name: copy.deepcopy(wrapper.state_dict()) for name, wrapper in optimizers(runner)}

    @torch.no_grad()
    def restore(self, runner: Runner) -> None:
        """Restore parameters, buffers and optimizer statistics; learning rates stay as they are."""
        for tensor, good in zip(_tensors(runner), self._tensors, strict=True):
            tensor.copy_(good)
        for name, wrapper in optimizers(runner):
            rates = [group['lr'] for group in wrapper.param_groups]
            wrapper.load_state_dict(copy.deepcopy(self._optimizers[name]))
            for group, rate in zip(wrapper.param_groups, rates, strict=True):
                group['lr'] = rate


def _tensors(runner: Runner) -> Iterator[Tensor]:
    model = unwrapped(runner.model)
    yield from (parameter for parameter in model.parameters() if parameter.requires_grad)
    yield from model.buffers()
    averages = [module for module in model.modules() if isinstance(module, BaseAveragedModel)]
    averages += [hook.ema_model for hook in runner.hooks if isinstance(hook, EMAHook)]
    for average in averages:  # what is not finite would stay in it
        yield from (*average.parameters(), *average.buffers())


def optimizers(runner: Runner) -> list[tuple[str, OptimWrapper]]:
    """Names and optimizer wrappers of a run; the one of a run without names is called ''."""
    wrapper = runner.optim_wrapper
    return list(wrapper.items()) if isinstance(wrapper, OptimWrapperDict) else [('', wrapper)]


def scale_learning_rate(runner: Runner, name: str, factor: float) -> float:
    """Multiply an optimizer's learning rates, and those that its schedulers hold; returns the first."""
    wrapper = dict(optimizers(runner))[name]
    for group in wrapper.param_groups:
        group['lr'] *= factor
        if 'initial_lr' in group:
            group['initial_lr'] *= factor
    schedulers = runner.param_schedulers or []
    for scheduler in schedulers.get(name, []) if isinstance(schedulers, dict) else schedulers:
        if scheduler.param_name == 'lr':
            scheduler.base_values = [value * factor for value in scheduler.base_values]
    return wrapper.param_groups[0]['lr']
