"""Patches for mmrazor's algorithms."""

import contextlib

from ..patching import patches


@contextlib.contextmanager
def _kept_gradients(module):
    """Give ``module`` its present gradients back at the end, whatever was accumulated meanwhile."""
    gradients = [parameter.grad for parameter in module.parameters()]
    for parameter in module.parameters():
        parameter.grad = None
    try:
        yield
    finally:
        for parameter, gradient in zip(module.parameters(), gradients):
            parameter.grad = gradient


def keep_generator_gradients_out_of_student() -> None:
    """mmrazor's data-free algorithms leave the generator loss's gradients in the student, whose next step applies them.

    The student's gradients are put aside while ``train_step`` updates the generator, and back afterwards.
    """
    from mmrazor.models import DAFLDataFreeDistillation, DataFreeDistillation

    def train_step(original, self, data, optim_wrapper) -> dict:
        generator = optim_wrapper['generator']
        update = generator.update_params

        def update_generator_only(*args, **kwargs) -> None:
            with _kept_gradients(self.student):
                update(*args, **kwargs)

        generator.update_params = update_generator_only
        try:
            return original(self, data, optim_wrapper)
        finally:
            del generator.update_params

    patches(DataFreeDistillation, 'train_step')(train_step)
    patches(DAFLDataFreeDistillation, 'train_step')(train_step)


def stop_inplace_activations() -> None:
    """mmrazor switches in-place activations off, so a recorded feature is not overwritten by the activation after
    it. It looks for ``_modules`` that is an ``OrderedDict``; a current torch has a dict, and nothing is switched off.
    """
    from collections import OrderedDict

    from mmrazor.models.algorithms import BaseAlgorithm
    from torch import nn

    if isinstance(nn.Module()._modules, OrderedDict):
        return

    def set_module_inplace_false(self, architecture, varstr: str) -> None:
        for module in architecture.modules():
            if hasattr(module, 'inplace'):
                module.inplace = False

    BaseAlgorithm.set_module_inplace_false = set_module_inplace_false
