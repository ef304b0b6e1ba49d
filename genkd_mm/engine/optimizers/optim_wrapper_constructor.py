"""Which optimizer trains what."""

from mmengine.optim import OptimWrapperDict
from mmrazor.engine import SeparateOptimWrapperConstructor
from mmrazor.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn

from ...utils import unwrapped


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class GenKDOptimWrapperConstructor(SeparateOptimWrapperConstructor):
    """mmrazor's ``SeparateOptimWrapperConstructor``, whose ``architecture`` also trains the distiller's connectors.

    They are a parameter group of their own, with the optimizer's defaults; ``paramwise_cfg`` is for the student alone.

    Example:
        >>> optim_wrapper = dict(
        ...     constructor='GenKDOptimWrapperConstructor',
        ...     architecture=dict(optimizer=dict(type='SGD', lr=0.05)),
        ...     generator=dict(optimizer=dict(type='Adam', lr=5e-5)))
    """

    def __call__(self, module: nn.Module) -> OptimWrapperDict:
        """Build the optimizers of ``module``, a distillation, bare or in its distributed wrapper."""
        wrappers = super().__call__(module)
        connectors = [parameter for parameter in unwrapped(module).distiller.parameters() if parameter.requires_grad]
        if connectors:
            wrappers['architecture'].optimizer.add_param_group(dict(params=connectors))
        return wrappers
