"""Modules without their wrapper and in another layout, and context managers that give a module back as it was."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.model import is_model_wrapper
from torch import nn


def unwrapped(module: nn.Module) -> Any:
    """``module`` without its distributed wrapper; what that is depends on the config."""
    return module.module if is_model_wrapper(module) else module


def channels_last(module: nn.Module) -> nn.Module:
    """``module`` with the weights of its convolutions in the channels_last layout, in place.

    A weight of one input channel is in both layouts, and its strides say which one torch takes it for: grey images
    would otherwise pass the first layers in the other one. The gradient of a double backward keeps the other strides,
    of which a distributed wrapper warns, so a hook gives it those of the weight.
    """
    for parameter in module.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.to(memory_format=torch.channels_last)
            if parameter.shape[1] == 1 and parameter.requires_grad:
                parameter.register_hook(lambda gradient: gradient.to(memory_format=torch.channels_last))
    return module


@contextmanager
def frozen(module: nn.Module, parameters: Iterable[nn.Parameter] | None = None) -> Iterator[nn.Module]:
    """``module`` with no parameter that requires a gradient; inputs may still require one.

    ``parameters`` are those of ``module``, if they have been listed before.
    """
    parameters = module.parameters() if parameters is None else parameters
    trainable = [parameter for parameter in parameters if parameter.requires_grad]
    for parameter in trainable:
        parameter.requires_grad_(False)
    try:
        yield module
    finally:
        for parameter in trainable:
            parameter.requires_grad_(True)


@contextmanager
def evaluating(module: nn.Module, children: Iterable[nn.Module] | None = None) -> Iterator[nn.Module]:
    """``module`` in eval mode; each submodule's own mode comes back, so frozen batch norms stay frozen.

    ``children`` are all submodules and ``module`` itself, if they have been listed before.
    """
    children = module.modules() if children is None else children
    training = [child for child in children if child.training]
    for child in training:
        child.training = False
    try:
        yield module
    finally:
        for child in training:
            child.training = True
