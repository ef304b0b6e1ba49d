"""Patches for mmengine: checkpoints, distributed wrappers, process groups, files."""

import logging
import os
from unittest import mock

from .patching import patches

_HISTORY_STATISTICS = ('min', 'max', 'current', 'mean')


def _history_statistic(cls: type, name: str):
    """The only attributes that a pickled HistoryBuffer reads through ``getattr``; stands in for that builtin."""
    from mmengine.logging import HistoryBuffer

    if cls is not HistoryBuffer or name not in _HISTORY_STATISTICS:
        raise ValueError(
            f'A checkpoint asks for getattr({cls!r}, {name!r}), which no mmengine checkpoint needs; it was not loaded'
        )
    return getattr(cls, name)


def allow_mmengine_checkpoints() -> None:
    """Let ``torch.load(weights_only=True)``, torch's default since 2.6, read mmengine's checkpoints.

    They hold ``HistoryBuffer`` objects and NumPy scalars and arrays (mmengine #1636). Those globals are allow-listed.
    ``HistoryBuffer`` pickles four of its own methods through ``builtins.getattr``, which would let a hostile file
    reach any attribute; the name is therefore bound to :func:`_history_statistic`, which returns these four only.
    """
    import numpy as np
    import torch
    from mmengine.logging import HistoryBuffer

    multiarray = np._core.multiarray if hasattr(np, '_core') else np.core.multiarray
    named = [
        (getattr(multiarray, name), f'numpy.{core}.multiarray.{name}')
        for core in ('core', '_core')
        for name in ('scalar', '_reconstruct')
    ]
    dtypes = [type(np.dtype(code)) for code in ('?', 'i1', 'u1', 'i4', 'i8', 'f2', 'f4', 'f8')]
    torch.serialization.add_safe_globals(
        [HistoryBuffer, np.ndarray, np.dtype, *dtypes, *named, (_history_statistic, 'builtins.getattr')]
    )


def load_safetensors_files() -> None:
    """mmengine loads every file with ``torch.load``, which cannot read safetensors: in ``load_from``, in ``init_cfg``,
    and in ``load_checkpoint``.
    """
    from mmengine.runner.checkpoint import CheckpointLoader

    from ..utils import read_checkpoint
    from ..utils.safetensors_files import is_safetensors

    @patches(CheckpointLoader, 'load_checkpoint')
    def load_checkpoint(original, filename, *args, **kwargs) -> dict:
        if is_safetensors(filename):
            return read_checkpoint(str(filename), 'The checkpoint')
        return original(filename, *args, **kwargs)


def start_process_groups_without_gpu() -> None:
    """mmengine's PyTorch and Slurm launchers call ``torch.cuda.set_device``, which fails without a GPU.

    On a machine without an accelerator they do not, and the process group is started with gloo.
    """
    import torch
    from mmengine.device import get_device
    from mmengine.dist import utils

    def start_gloo(original, backend, *args, **kwargs) -> None:
        if get_device() != 'cpu':
            return original(backend, *args, **kwargs)
        with mock.patch.object(torch.cuda, 'set_device'):
            return original('gloo', *args, **kwargs)

    patches(utils, '_init_dist_pytorch')(start_gloo)
    patches(utils, '_init_dist_slurm')(start_gloo)


def drop_device_ids_without_gpu() -> None:
    """mmengine passes ``device_ids`` to DistributedDataParallel always; torch refuses them for CPU parameters."""
    from mmengine.model import MMDistributedDataParallel

    @patches(MMDistributedDataParallel, '__init__')
    def init(original, self, module, *args, **kwargs) -> None:
        if all(parameter.device.type == 'cpu' for parameter in module.parameters()):
            kwargs.pop('device_ids', None)
            kwargs.pop('output_device', None)
        original(self, module, *args, **kwargs)


def save_unwrapped_parameters() -> None:
    """Checkpoints of a model in ``MMSeparateDistributedDataParallel`` name ``generator.module.x``; loading wants
    ``generator.x`` and only warns, so ``--resume`` would start over. The wrapper's name is left out on saving.
    """
    from mmengine.model import MMSeparateDistributedDataParallel, is_model_wrapper

    def unwrap_names(module, state_dict, prefix, local_metadata) -> None:
        wrapped = [f'{prefix}{name}.' for name, child in module.named_children() if is_model_wrapper(child)]
        for key in list(state_dict):
            for name in wrapped:
                if key.startswith(f'{name}module.'):
                    state_dict[name + key[len(name) + len('module.') :]] = state_dict.pop(key)

    @patches(MMSeparateDistributedDataParallel, '__init__')
    def init(original, self, module, *args, **kwargs) -> None:
        original(self, module, *args, **kwargs)
        module._register_state_dict_hook(unwrap_names)


def format_each_config_once() -> None:
    """mmengine formats the whole config with yapf about seven times a run and at every checkpoint, a second each.

    The formatter's answer is kept for each text. OneDL's fork has no such formatter.
    """
    from mmengine.config import config

    if not hasattr(config, 'FormatCode'):
        return
    known: dict[tuple, tuple] = {}

    @patches(config, 'FormatCode')
    def format_code(original, text, **kwargs) -> tuple:
        key = (text, repr(sorted(kwargs.items())))
        if key not in known:
            known[key] = original(text, **kwargs)
        return known[key]


def write_files_atomically() -> None:
    """mmengine writes a checkpoint under its final name: a kill or a full disk leaves a torn file there.

    Bytes that its local file backend writes get a temporary name first.
    """
    from mmengine.fileio import LocalBackend

    from ..utils import atomic_write

    @patches(LocalBackend, 'put')
    def put(original, self, obj: bytes, filepath) -> None:
        os.makedirs(os.path.dirname(filepath) or '.', exist_ok=True)
        with atomic_write(filepath) as file:
            file.write(obj)


def let_none_remove_any_default_hook() -> None:
    """None in ``default_hooks`` removes a hook of mmengine's own; at any other name it fails with a bare
    AssertionError. It now removes every hook, such as one that a base config has added.
    """
    from mmengine.runner import Runner

    # mmengine must see the None of these, or it would register its own hook.
    builtin = ('runtime_info', 'timer', 'sampler_seed', 'logger', 'param_scheduler', 'checkpoint')

    @patches(Runner, 'register_default_hooks')
    def register_default_hooks(original, self, hooks=None) -> None:
        original(self, {name: hook for name, hook in (hooks or {}).items() if hook is not None or name in builtin})


def load_averages_of_wrapped_models() -> None:
    """mmengine's ``EMAHook`` loads its average with torch's ``load_state_dict``, which wants the wrappers' names that
    :func:`save_unwrapped_parameters` leaves out, and does not mind if none fits: a resumed run starts a new average.

    Averages are loaded as models are, and completely.
    """
    from mmengine.hooks import EMAHook
    from mmengine.runner.checkpoint import load_state_dict

    @patches(EMAHook, 'after_load_checkpoint')
    def after_load_checkpoint(original, self, runner, checkpoint: dict) -> None:
        if 'ema_state_dict' not in checkpoint or not runner._resume:
            original(self, runner, checkpoint)
            return
        self._swap_ema_state_dict(checkpoint)  # the average stands in the place of the weights
        load_state_dict(self.ema_model, checkpoint['ema_state_dict'], strict=True)


def skip_hidden_folders() -> None:
    """mmengine's local file backend lists folders like ``.ipynb_checkpoints``, though no file that begins with a dot:
    mmpretrain's ``CustomDataset`` takes one for a class, and its copies for images.
    """
    from mmengine.fileio import LocalBackend

    @patches(LocalBackend, 'list_dir_or_file')
    def list_dir_or_file(original, self, *args, **kwargs):
        for path in original(self, *args, **kwargs):
            if not any(part.startswith('.') for part in path.split(os.sep)):
                yield path


def name_items_that_cannot_be_read() -> None:
    """mmengine's datasets raise whatever a transform raises, a ``KeyError`` for example, and do not say at which item.

    The error becomes a ``DataError`` that names the file, or else the item.
    """
    from mmengine.dataset import BaseDataset

    from ..utils import ConfigError, DataError, one_line

    @patches(BaseDataset, '__getitem__')
    def getitem(original, self, idx):
        try:
            return original(self, idx)
        except ConfigError as error:  # its sentence says all
            raise DataError(str(error)) from error
        except Exception as error:
            if not -len(self) <= idx < len(self):  # the end of an iteration
                raise
            try:
                where = self.get_data_info(idx)['img_path']
            except Exception:  # the item has no file, or its record is what cannot be read
                where = f'item {int(idx)}'
            words = one_line(f'{type(error).__name__}: {error}', 300)
            raise DataError(f'{type(self).__name__} cannot give {where} ({words})') from error


def name_what_cannot_be_built() -> None:
    """mmengine's builders do not say which part of a config they were at: their errors get it as ``component``, the
    innermost part that is a dict.
    """
    from mmengine.registry import Registry
    from mmengine.runner import Runner

    def build(original, *args, **kwargs):
        try:
            return original(*args, **kwargs)
        except Exception as error:
            if not hasattr(error, 'component'):
                error.component = next((value for value in args if isinstance(value, dict)), kwargs)
            raise

    patches(Registry, 'build')(build)
    for name in ('__init__', 'build_dataloader', 'build_optim_wrapper', 'build_param_scheduler'):
        patches(Runner, name)(build)


def find_own_configs() -> None:
    """A ``_base_`` names a config of another package as ``mmpretrain::resnet/...``, but mmengine knows OpenMMLab's own
    packages only, and only as wheels. ``genkd_mm::`` is ``configs/`` of this package, in a wheel or a checkout.
    """
    from mmengine.config import Config

    from ..utils import config_file

    @patches(Config, '_get_cfg_path')
    def get_cfg_path(original, cfg_path: str, filename: str) -> tuple[str, str | None]:
        own = config_file(cfg_path)
        return original(cfg_path, filename) if own == cfg_path else (own, None)


def initialise_without_a_log_file() -> None:
    """``init_weights`` writes into the log file of the latest run, and fails if that was closed since, as
    ``logging.config.dictConfig`` closes the files of all loggers.
    """
    from mmengine.logging import MMLogger
    from mmengine.model import BaseModule

    @patches(BaseModule, '_dump_init_info')
    def dump_init_info(original, self) -> None:
        logger = MMLogger.get_current_instance()
        for handler in [*logger.handlers]:
            if isinstance(handler, logging.FileHandler) and handler.stream is None:
                logger.removeHandler(handler)
        original(self)
