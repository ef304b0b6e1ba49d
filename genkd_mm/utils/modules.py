"""Context managers that change a module's state and give it back as it was."""
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def frozen(module: nn.Module) -> Iterator[nn.Module]:
    """``module`` with no parameter that requires a gradient; inputs may still require one."""
    trainable = [parameter for parameter in module.parameters() if parameter.requires_grad]
    for parameter in trainable:
        parameter.requires_grad_(False)
    try:
        yield module
    finally:
        for parameter in trainable:
            parameter.requires_grad_(True)


@contextmanager
def evaluating(module: nn.Module) -> Iterator[nn.Module]:
    """``module`` in eval mode; each submodule's own mode comes back, so frozen batch norms stay frozen."""
    training = [child for child in module.modules() if child.training]
    module.eval()
    try:
        yield module
    finally:
        for child in training:
            child.training = True
