"""Reading checkpoints: never unsafely, never in part."""

import torch
from mmengine.fileio import exists, get_local_path
from mmengine.runner.checkpoint import load_state_dict
from torch import nn

from .errors import ConfigError


def read_checkpoint(path: str, key: str) -> dict:
    """Read a checkpoint with ``weights_only=True``.

    Args:
        path (str): A file, or an address that mmengine's file backends know.
        key (str): The config key that names the file, for the error sentences.

    Returns:
        dict: The checkpoint, with its tensors on the CPU and its parameters under ``state_dict``.

    Raises:
        ConfigError: If the file is missing, damaged, or holds anything else than plain data and tensors.
    """
    if not path or not exists(path):
        raise ConfigError(f'{key} is {path!r}, which does not exist; train it first, or name it in `prerequisites` '
                          'so that genkd_mm\'s tools/train.py does')
    try:
        with get_local_path(path) as local:
            checkpoint = torch.load(local, map_location='cpu', weights_only=True)
    except Exception as error:  # damaged bytes end in any exception of torch's unpickler: KeyError, struct.error, ...
        reason = ' '.join(str(error).split())[:200]
        raise ConfigError(f'{key} is {path!r}, which is not a readable checkpoint ({reason}); '
                          'it is damaged or holds more than tensors and plain data: use another file') from error
    if not isinstance(checkpoint, dict):
        raise ConfigError(f'{key} is {path!r}, which holds a {type(checkpoint).__name__}; '
                          'expected a dict with a state_dict')
    return checkpoint if 'state_dict' in checkpoint else dict(state_dict=checkpoint)


def load_strictly(module: nn.Module, state_dict: dict, where: str) -> None:
    """Load every parameter and buffer, or nothing.

    Args:
        module (nn.Module): The module to fill.
        state_dict (dict): Names and tensors.
        where (str): The file and its config key, for the error sentence.

    Raises:
        ConfigError: If names are missing or left over, or shapes differ.
    """
    own = module.state_dict()
    missing = sorted(own.keys() - state_dict.keys())
    unexpected = sorted(state_dict.keys() - own.keys())
    shapes = sorted(name for name in own.keys() & state_dict.keys() if own[name].shape != state_dict[name].shape)
    problems = [f'{len(names)} {what} (first: {names[0]})' for what, names in
                (('missing', missing), ('unexpected', unexpected), ('of another shape', shapes)) if names]
    if problems:
        raise ConfigError(f'{where} does not fit the model in the config: of {len(own)} parameters and buffers, '
                          f'{", ".join(problems)}; use the checkpoint of this model, or change the model')
    load_state_dict(module, state_dict, strict=True)  # mmengine's, which sees through distributed wrappers
