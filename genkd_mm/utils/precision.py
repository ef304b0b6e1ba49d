"""In which precision networks are passed."""

import functools
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

import torch

from .errors import ConfigError

# Limits of oneDNN's instructions below which its convolutions only emulate bfloat16.
WITHOUT_BFLOAT16 = ('SSE41', 'AVX', 'AVX2', 'AVX2_VNNI', 'AVX512_CORE', 'AVX512_CORE_VNNI')
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
    native = any(capabilities.get(name) for name in ('amx_bf16', 'avx512_bf16'))
    limit = os.environ.get('ONEDNN_MAX_CPU_ISA') or os.environ.get('DNNL_MAX_CPU_ISA') or 'ALL'
    return device_type == 'cpu' and native and limit.upper() not in WITHOUT_BFLOAT16


@contextmanager
def without_tf32() -> Iterator[None]:
    """Products of float32 numbers with all of their 24 bits inside; a GPU's TF32 keeps 11.

    A difference of two nearly equal outputs needs them: with TF32 the difference quotient of an energy is off by two
    per cent.
    """
    matmul, cudnn = torch.backends.cuda.matmul, cast(Any, torch.backends.cudnn)
    # From torch 2.9 on the old switch cannot be read once a program has set the new one.
    new = hasattr(matmul, 'fp32_precision')
    switch, off = ('fp32_precision', 'ieee') if new else ('allow_tf32', False)
    before = [(backend, getattr(backend, switch)) for backend in (matmul, cudnn.conv if new else cudnn)]
    for backend, _ in before:
        setattr(backend, switch, off)
    try:
        yield
    finally:
        for backend, value in before:
            setattr(backend, switch, value)
