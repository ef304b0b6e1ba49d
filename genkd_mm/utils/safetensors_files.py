"""Checkpoints as safetensors files: tensors and JSON, nothing that could run."""

import json
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import safe_open
from torch import Tensor

from .files import atomic_write

SUFFIX = '.safetensors'
METADATA = 'genkd_mm'  # the key of our JSON in the file's own metadata
CHAINS = 'chains.'  # before the names of the chains' tensors; parameters have their own names


def is_safetensors(path: str | Path) -> bool:
    """Whether the name of a file says that it is one."""
    return str(path).endswith(SUFFIX)


def write_safetensors(path: str | Path, checkpoint: dict) -> None:
    """Write the parameters, the chains and the specifications of a checkpoint, and nothing else of it.

    Args:
        path (str | Path): Ends in ``.safetensors``.
        checkpoint (dict): With ``state_dict``; of a prior also ``chains``, ``chain_spec`` and ``data_spec``.
    """
    tensors = dict(checkpoint['state_dict'])
    rest = {name: checkpoint[name] for name in ('chain_spec', 'data_spec') if name in checkpoint}
    if 'chains' in checkpoint:
        chains = checkpoint['chains']
        tensors |= {CHAINS + name: value for name, value in chains.items() if isinstance(value, Tensor)}
        rest['chains'] = {name: value for name, value in chains.items() if not isinstance(value, Tensor)}
    whole = {name: value.detach().clone(memory_format=torch.contiguous_format) for name, value in tensors.items()}
    content = safetensors.torch.save(whole, {METADATA: json.dumps(rest), 'format': 'pt'})
    with atomic_write(path) as file:
        file.write(content)


def read_safetensors(path: str | Path) -> dict:
    """The inverse of :func:`write_safetensors`; a file that another program wrote gives its ``state_dict`` alone."""
    with safe_open(str(path), 'pt') as file:
        rest: dict[str, Any] = json.loads((file.metadata() or {}).get(METADATA, '{}'))
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    if 'chains' in rest:
        stored = {name for name in tensors if name.startswith(CHAINS)}
        rest['chains'] |= {name.removeprefix(CHAINS): tensors.pop(name) for name in stored}
    return {**rest, 'state_dict': tensors}
