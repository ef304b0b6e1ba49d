"""Mends for the upstream packages, so that they work together on a current PyTorch.

Every function mends one defect, names the upstream report of it where there is one, can be called twice, and does
nothing where upstream is fine. :func:`apply` calls them all in order; ``import genkd_mm`` calls :func:`apply`. Those
for mmrazor's distillers and their losses are in :mod:`genkd_mm.compat_distillers`, those for torch itself in
:mod:`genkd_mm.compat_torch`.
"""

import contextlib
import functools
import importlib.metadata
import importlib.util
import os
import re
import sys
import types
import warnings

from . import compat_distillers

_QUANTIZATION = 'mmrazor.structures.quantization'
_HISTORY_STATISTICS = ('min', 'max', 'current', 'mean')


def apply() -> None:
    """Check the installed versions and apply every mend.

    Raises:
        ImportError: If the installed mmcv, or the pair of torch and torchvision, cannot work.
    """
    # mmcv-lite lacks an operator that nothing here uses, and says so at every start.
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')
    check_mmcv()
    check_torchvision()
    from . import compat_torch  # imports torch, which the checks come before

    compat_torch.apply()
    stub_quantization()
    allow_mmengine_checkpoints()
    start_process_groups_without_gpu()
    drop_device_ids_without_gpu()
    save_unwrapped_parameters()
    keep_generator_gradients_out_of_student()
    format_each_config_once()
    find_configs_of_mmcls()
    write_files_whole()
    compat_distillers.apply()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _release(version: str) -> tuple[int, ...]:
    """``'2.11.0+cpu'`` -> ``(2, 11, 0)``."""
    parts = version.split('+')[0].split('.')[:3]
    return tuple(int(''.join(filter(str.isdigit, part)) or 0) for part in parts)


def check_mmcv() -> None:
    """mmrazor 1.0.0 accepts mmcv 2.0.0 to 2.1.0 only, and mmcv and mmcv-lite overwrite each other's files.

    Raises:
        ImportError: If neither, both, or another version is installed.
    """
    full, lite = _version('mmcv'), _version('mmcv-lite')
    if full and lite:
        raise ImportError(
            f'Both mmcv {full} and mmcv-lite {lite} are installed and overwrite each other; '
            'uninstall both, then install one: pip install mmcv-lite==2.1.0'
        )
    version = full or lite
    if version is None:
        raise ImportError(
            'Neither mmcv nor mmcv-lite is installed and mmrazor needs one of them; run: pip install mmcv-lite==2.1.0'
        )
    if not (2, 0, 0) <= _release(version) <= (2, 1, 0):
        raise ImportError(
            f'mmcv {version} is installed and mmrazor 1.0.0 works with 2.0.0 to 2.1.0; '
            'run: pip install mmcv-lite==2.1.0'
        )


def check_torchvision() -> None:
    """torchvision's compiled operators fit one torch release only, and a CUDA build does not fit a CPU build.

    Raises:
        ImportError: If torchvision is missing, of another release than torch, or does not import beside it.
    """
    torch_version, vision_version = _version('torch'), _version('torchvision')
    advice = 'install the two as a pair, for example: pip install torch==2.11.0 torchvision==0.26.0'
    if vision_version is None:
        raise ImportError(f'torch {torch_version} is installed without torchvision; {advice}')
    torch_release, vision_release = _release(torch_version), _release(vision_version)
    if torch_release[0] == 2 and vision_release[:2] != (0, torch_release[1] + 15):
        raise ImportError(
            f'torch {torch_version} needs torchvision 0.{torch_release[1] + 15} '
            f'and {vision_version} is installed; {advice}'
        )
    try:
        import torchvision  # noqa: F401
    except (RuntimeError, OSError) as error:
        raise ImportError(
            f'torchvision {vision_version} does not import beside torch {torch_version} ({error}); {advice}'
        ) from error


class _Unavailable:
    """Stands for a name of mmrazor's quantization: it can be imported, any use of it raises ImportError."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def _fail(self, *args, **kwargs):
        raise ImportError(
            f'{_QUANTIZATION}.{self.__name__} is not available: mmrazor {_version("mmrazor")} builds its '
            f'quantization on names that torch {_version("torch")} no longer has; '
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

    if _release(torch.__version__) >= (2, 0, 0):
        sys.modules[_QUANTIZATION] = _quantization_stub()


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


def start_process_groups_without_gpu() -> None:
    """mmengine's PyTorch and Slurm launchers call ``torch.cuda.set_device`` first, which fails without a GPU.

    On a machine without an accelerator the process group is started with gloo instead.
    """
    import torch
    from mmengine.device import get_device
    from mmengine.dist import utils

    for name in ('_init_dist_pytorch', '_init_dist_slurm'):
        original = getattr(utils, name)
        if hasattr(original, '__wrapped__'):
            continue

        @functools.wraps(original)
        def init(backend, *args, _original=original, _name=name, **kwargs):
            if get_device() != 'cpu':
                return _original(backend, *args, **kwargs)
            if _name == '_init_dist_slurm':
                _export_slurm_ranks(kwargs.pop('port', None))
            kwargs.pop('init_backend', None)
            torch.distributed.init_process_group('gloo', **kwargs)

        setattr(utils, name, init)


def _export_slurm_ranks(port: int | None) -> None:
    """Set torch's rendezvous variables from Slurm's."""
    import subprocess

    env = os.environ
    env.update(RANK=env['SLURM_PROCID'], WORLD_SIZE=env['SLURM_NTASKS'], LOCAL_RANK=env.get('SLURM_LOCALID', '0'))
    env['MASTER_PORT'] = str(port) if port is not None else env.get('MASTER_PORT', '29500')
    if 'MASTER_ADDR' not in env:
        hosts = subprocess.run(
            ['scontrol', 'show', 'hostname', env['SLURM_NODELIST']], capture_output=True, text=True, check=True
        ).stdout.split()
        env['MASTER_ADDR'] = hosts[0]


def drop_device_ids_without_gpu() -> None:
    """mmengine passes ``device_ids`` to DistributedDataParallel always; torch refuses them for CPU parameters."""
    from mmengine.model import MMDistributedDataParallel

    original = MMDistributedDataParallel.__init__
    if hasattr(original, '__wrapped__'):
        return

    @functools.wraps(original)
    def init(self, module, *args, **kwargs):
        if all(parameter.device.type == 'cpu' for parameter in module.parameters()):
            kwargs.pop('device_ids', None)
            kwargs.pop('output_device', None)
        original(self, module, *args, **kwargs)

    MMDistributedDataParallel.__init__ = init


def save_unwrapped_parameters() -> None:
    """Checkpoints of a model in ``MMSeparateDistributedDataParallel`` name ``generator.module.x``; loading wants
    ``generator.x`` and only warns, so that ``--resume`` would start over. The wrapper's name is left out on saving.
    """
    from mmengine.model import MMSeparateDistributedDataParallel, is_model_wrapper

    original = MMSeparateDistributedDataParallel.__init__
    if hasattr(original, '__wrapped__'):
        return

    def unwrap_names(module, state_dict, prefix, local_metadata) -> None:
        wrapped = [f'{prefix}{name}.' for name, child in module.named_children() if is_model_wrapper(child)]
        for key in list(state_dict):
            for name in wrapped:
                if key.startswith(f'{name}module.'):
                    state_dict[name + key[len(name) + len('module.') :]] = state_dict.pop(key)

    @functools.wraps(original)
    def init(self, module, *args, **kwargs):
        original(self, module, *args, **kwargs)
        module._register_state_dict_hook(unwrap_names)

    MMSeparateDistributedDataParallel.__init__ = init


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

    for cls in (DataFreeDistillation, DAFLDataFreeDistillation):
        original = cls.__dict__['train_step']
        if hasattr(original, '__wrapped__'):
            continue

        @functools.wraps(original)
        def train_step(self, data, optim_wrapper, _original=original):
            generator = optim_wrapper['generator']
            update = generator.update_params

            def update_generator_only(*args, **kwargs):
                with _kept_gradients(self.student):
                    update(*args, **kwargs)

            generator.update_params = update_generator_only
            try:
                return _original(self, data, optim_wrapper)
            finally:
                del generator.update_params

        cls.train_step = train_step


def format_each_config_once() -> None:
    """mmengine formats the whole config with yapf about seven times a run and at every checkpoint, a second each.

    The formatter's answer is kept for each text. OneDL's fork has no such formatter.
    """
    from mmengine.config import config

    original = getattr(config, 'FormatCode', None)
    if original is None or hasattr(original, '__wrapped__'):
        return
    known: dict[tuple, tuple] = {}

    @functools.wraps(original)
    def format_code(text, **kwargs):
        key = (text, repr(sorted(kwargs.items())))
        if key not in known:
            known[key] = original(text, **kwargs)
        return known[key]

    config.FormatCode = format_code


def find_configs_of_mmcls() -> None:
    """mmrazor's configs name configs of mmcls, which mmpretrain has replaced. mmengine stops there, or installs mmcls
    unasked, whose releases do not run beside mmrazor's mmcv (mmrazor #549, #602).

    ``mmcls::x`` is read as ``mmpretrain::x``, unless mmcls is installed.
    """
    from mmengine import hub
    from mmengine.config import Config

    if importlib.util.find_spec('mmcls') is not None:
        return
    for owner, name in ((Config, '_get_cfg_path'), (hub, 'get_config'), (hub, 'get_model')):
        original = getattr(owner, name)
        if hasattr(original, '__wrapped__'):
            continue

        @functools.wraps(original)
        def find(cfg_path, *args, _original=original, **kwargs):
            return _original(re.sub('^mmcls::', 'mmpretrain::', cfg_path), *args, **kwargs)

        setattr(owner, name, staticmethod(find) if owner is Config else find)


def write_files_whole() -> None:
    """mmengine writes a checkpoint under its final name: a kill or a full disk leaves a torn file there.

    Bytes that its local file backend writes get a temporary name first.
    """
    from mmengine.fileio import LocalBackend

    from .utils import whole_file

    original = LocalBackend.put
    if hasattr(original, '__wrapped__'):
        return

    @functools.wraps(original)
    def put(self, obj: bytes, filepath) -> None:
        os.makedirs(os.path.dirname(filepath) or '.', exist_ok=True)
        with whole_file(filepath) as file:
            file.write(obj)

    LocalBackend.put = put
