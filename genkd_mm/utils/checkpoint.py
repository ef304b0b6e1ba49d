"""Reading checkpoints: never unsafely, never in part."""

from pickle import UnpicklingError

import torch
from mmengine.fileio import exists, get_local_path
from mmengine.runner.checkpoint import load_state_dict
from torch import nn

from .errors import ConfigError, DamagedCheckpointError, one_line
from .safetensors_files import is_safetensors, read_safetensors

WRAPPERS = ('module.', '_orig_mod.')


def read_checkpoint(path: str | None, key: str) -> dict:
    """Read a checkpoint with ``weights_only=True``, or a safetensors file.

    Args:
        path (str | None): A file, or an address that mmengine's file backends know; None is refused as missing.
        key (str): The config key that names the file, for the error sentences.

    Returns:
        dict: The checkpoint, with its tensors on the CPU and its parameters under ``state_dict``.

    Raises:
        ConfigError: If the file is missing, or holds anything else than plain data and tensors; nothing of it runs.
        DamagedCheckpointError: If its bytes cannot be read.
    """
    # mmengine cannot ask whether an address exists; fetching it will tell
    if not path or not (path.startswith(('http://', 'https://')) or exists(path)):
        raise ConfigError(
            f'{key} is {path!r}, which does not exist; train it first, or name it in `prerequisites` '
            "so that genkd_mm's tools/train.py does"
        )
    try:
        with get_local_path(path) as local:
            if is_safetensors(path):
                checkpoint = read_safetensors(local)
            else:
                checkpoint = torch.load(local, map_location='cpu', weights_only=True)
    except UnpicklingError as error:
        raise ConfigError(
            f'{key} is {path!r}, which is not a readable checkpoint: it holds more than tensors and '
            f'plain data, or is damaged, and was not loaded ({one_line(error)}); use another file'
        ) from error
    except Exception as error:  # damaged bytes end in any exception: KeyError, struct.error, ...
        raise DamagedCheckpointError(
            f'{key} is {path!r}, which is not a readable checkpoint ({one_line(error)}); '
            'it is damaged: use another file'
        ) from error
    if not isinstance(checkpoint, dict):
        raise ConfigError(
            f'{key} is {path!r}, which holds a {type(checkpoint).__name__}; expected a dict with a state_dict'
        )
    return _with_state_dict(checkpoint)


def _with_state_dict(checkpoint: dict) -> dict:
    """A checkpoint whose parameters are under ``state_dict``, without the prefix of torch's own wrappers.

    Programs outside of OpenMMLab save the parameters alone, or under ``model``; DistributedDataParallel puts
    ``module.`` before every name, ``torch.compile`` ``_orig_mod.``.
    """
    if 'state_dict' in checkpoint:
        rest, state = checkpoint, checkpoint['state_dict']
    elif isinstance(checkpoint.get('model'), dict):
        rest, state = {name: value for name, value in checkpoint.items() if name != 'model'}, checkpoint['model']
    else:
        rest, state = {}, checkpoint
    for prefix in WRAPPERS:
        if state and all(isinstance(name, str) and name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): value for name, value in state.items()}
    return {**rest, 'state_dict': state}


def part_of(state: dict, prefix: str) -> dict:
    """The entries whose names begin with ``prefix``, without it."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def load_strictly(module: nn.Module, state_dict: dict, where: str) -> None:
    """Load every parameter and buffer, or nothing.

    Args:
        module (nn.Module): The module to fill.
        state_dict (dict): Names and tensors.
        where (str): The file and its config key, for the error sentence.

    Raises:
        ConfigError: If names are missing or left over, shapes differ, or a value is not finite.
    """
    require_fit(module, state_dict, where)
    load_state_dict(module, state_dict, strict=True)  # mmengine's, which sees through distributed wrappers


def require_fit(module: nn.Module, state_dict: dict, where: str) -> None:
    """What :func:`load_strictly` checks, without loading.

    Raises:
        ConfigError: As :func:`load_strictly`.
    """
    own = module.state_dict()
    missing = sorted(own.keys() - state_dict.keys())
    unexpected = sorted(state_dict.keys() - own.keys())
    shapes = sorted(name for name in own.keys() & state_dict.keys() if own[name].shape != state_dict[name].shape)
    problems = [
        f'{len(names)} {what} (first: {names[0]})'
        for what, names in (('missing', missing), ('unexpected', unexpected), ('of another shape', shapes))
        if names
    ]
    if problems:
        raise ConfigError(
            f'{where} does not fit the model in the config: of {len(own)} parameters and buffers, '
            f'{", ".join(problems)}; use the checkpoint of this model, or change the model'
        )
    broken = [name for name, value in state_dict.items() if value.is_floating_point() and not value.isfinite().all()]
    if broken:
        raise ConfigError(
            f'{where} has values that are not finite in {len(broken)} of {len(own)} parameters and '
            f'buffers (first: {broken[0]}): its training has diverged; train it again'
        )
