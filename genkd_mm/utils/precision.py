"""In which precision networks are passed."""

import functools
from contextlib import AbstractContextManager

import torch

from .errors import ConfigError

DTYPES = dict(float32=torch.float32, bfloat16=torch.bfloat16, float16=torch.float16)


class Precision:
    """The autocast of network passes; parameters, states and losses stay float32.

    Args:
        name (str): ``float32``, ``bfloat16``, ``float16``, or ``auto``: bfloat16 where the device multiplies it
            natively (GPUs from compute capability 8.0, CPUs with AMX or AVX512-BF16), float32 elsewhere.
        key (str): The config key, for the error sentence.

    Raises:
        ConfigError: If the name is unknown.
    """

    def __init__(self, name: str, key: str) -> None:
        if name != 'auto' and name not in DTYPES:
            raise ConfigError(f'{key} is {name!r}; expected auto, {", ".join(DTYPES)}')
        self.name = name

    def dtype(self, device: torch.device) -> torch.dtype:
        """The dtype of convolutions and matrix products on ``device``."""
        if self.name == 'auto':
            return torch.bfloat16 if multiplies_bfloat16(device.type) else torch.float32
        return DTYPES[self.name]

    def autocast(self, device: torch.device) -> AbstractContextManager:
        """The context for network passes on ``device``."""
        dtype = self.dtype(device)
        return torch.autocast(device.type, dtype, enabled=dtype != torch.float32)


@functools.cache
def multiplies_bfloat16(device_type: str) -> bool:
    """Whether the device has instructions for products of bfloat16; emulation is slower than float32."""
    if device_type == 'cuda':
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities: dict = getattr(torch.cpu, 'get_capabilities', dict)()  # older releases do not tell
    return device_type == 'cpu' and any(capabilities.get(name) for name in ('amx_bf16', 'avx512_bf16'))
