"""A placeholder for mmrazor's quantization, which does not import on torch >= 2."""

import importlib.util
import sys
import types

from ..versions import release_of, version_of

_QUANTIZATION = 'mmrazor.structures.quantization'


class _Unavailable:
    """Stands for a name of mmrazor's quantization: it can be imported, any use of it raises ImportError."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def _fail(self, *args, **kwargs):
        raise ImportError(
            f'{_QUANTIZATION}.{self.__name__} is not available: mmrazor {version_of("mmrazor")} builds its '
            f'quantization on names that torch {version_of("torch")} no longer has; '
            'use torch 1.13 for quantization, everything else of mmrazor works here'
        )

    __call__ = __getattr__ = __getitem__ = __contains__ = __iter__ = _fail


def _quantization_stub() -> types.ModuleType:
    module = types.ModuleType(_QUANTIZATION, 'Placeholder made by genkd_mm.compat.stub_quantization.')
    module.__all__ = []

    def placeholder(name: str):
        if name.startswith('__'):
            raise AttributeError(name)
        return _Unavailable(name)

    module.__getattr__ = placeholder
    return module


def stub_quantization() -> None:
    """Let mmrazor import on torch >= 2, where its quantization tables fail (mmrazor #615, #632, #652).

    The tables read ``torch.ao.nn.quantized.reference`` names that torch removed. A placeholder module takes the place
    of ``mmrazor.structures.quantization``; names imported from it raise ImportError when they are used.
    """
    if _QUANTIZATION in sys.modules or importlib.util.find_spec('mmrazor') is None:
        return
    import torch

    if release_of(torch.__version__) >= (2, 0, 0):
        sys.modules[_QUANTIZATION] = _quantization_stub()
