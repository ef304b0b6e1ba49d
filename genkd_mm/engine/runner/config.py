"""Reading config files."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import DefaultScope

from ...utils import ConfigError
from .schedule import follow_length


def read_config(path: str) -> Config:
    """Read a config file.

    Raises:
        ConfigError: If the file is missing or is no valid config.
    """
    if not Path(path).is_file():
        raise ConfigError(f'The config file {path!r} does not exist; configs/ of genkd_mm holds ready ones')
    try:
        return Config.fromfile(path)
    except Exception as error:  # a config is a program and can fail in any way
        raise ConfigError(f'The config file {path!r} cannot be read: {type(error).__name__}: {error}') from error


def as_config(config: Config | str | Path) -> Config:
    """``config`` itself, or what :func:`load_config` reads from a path."""
    return config if isinstance(config, Config) else load_config(str(config))


def in_scope(function: Callable) -> Callable:
    """``function``, whose first argument may also be the path of its config, and in which names without a scope are
    those of the config's ``default_scope``.
    """

    @functools.wraps(function)
    def call(config: Config | str | Path, *args: Any, **kwargs: Any) -> Any:
        config = as_config(config)
        with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmrazor')):
            return function(config, *args, **kwargs)

    return call


def load_config(path: str, overrides: dict | None = None, work_dir: str | None = None) -> Config:
    """Read a config file, apply overrides, and settle the work dir: argument, else config, else ./work_dirs/NAME.

    If the overrides change ``train_cfg.max_iters``, schedules and intervals that they do not set follow it, as
    :func:`~genkd_mm.engine.runner.schedule.schedule` has them.

    Raises:
        ConfigError: If the file is missing or is no valid config, the overrides do not fit, or there is no model.
    """
    config, overrides = read_config(path), overrides or {}
    length = (config.get('train_cfg') or {}).get('max_iters')
    try:
        config.merge_from_dict(overrides)
    except (KeyError, TypeError, IndexError) as error:
        raise ConfigError(f'--cfg-options does not fit {path!r}: {error}') from error
    if length and (config.train_cfg or {}).get('max_iters', length) != length:
        follow_length(config, length, overrides)
    if not config.get('model'):
        raise ConfigError(
            f'The config file {path!r} has no model: '
            + (
                'it is an ablation, with axes, which tools/ablate.py runs'
                if 'axes' in config
                else 'it is a part of a config, or no config of a run; name one that has a model, as those in configs/'
            )
        )
    config.work_dir = work_dir or config.get('work_dir') or f'./work_dirs/{Path(path).stem}'
    return config
