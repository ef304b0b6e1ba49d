"""A Python function as a teacher."""

import pkgutil

import torch
from mmrazor.registry import MODELS
from torch import Tensor

from ...utils import ConfigError
from .black_box import BlackBoxTeacher


@MODELS.register_module()
class CallableTeacher(BlackBoxTeacher):
    """A function that takes pixels, a float32 array (N, C, H, W) in 0..255, and returns an array of answers.

    Args:
        function (str): Where it is: ``module:name``. The module must be importable.
        **kwargs: As for :class:`BlackBoxTeacher`.

    Raises:
        ConfigError: If there is no such function.
    """

    def __init__(self, function: str, **kwargs) -> None:
        super().__init__(**kwargs)
        try:
            self._function = pkgutil.resolve_name(function)
        except (ImportError, AttributeError, ValueError) as error:
            raise ConfigError(
                f"CallableTeacher.function is {function!r}, which cannot be imported ({error}); expected 'module:name'"
            ) from error
        if not callable(self._function):
            raise ConfigError(f'CallableTeacher.function is {function!r}, which is no function; name one')
        self._named = function

    @property
    def name(self) -> str:
        """See the base class."""
        return f'The teacher {self._named}'

    def ask(self, pixels: Tensor) -> Tensor:
        """See the base class."""
        return torch.as_tensor(self._function(pixels.numpy()))
