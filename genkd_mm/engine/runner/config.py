"""Reading config files."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mmengine.registry
import mmpretrain.registry
import mmrazor.registry
from mmengine.config import Config
from mmengine.registry import DefaultScope, Registry

from ...utils import ConfigError, config_file
from .build_errors import built_or_one_sentence
from .schedule import follow_length

QUOTES = set('\'"\\')


def read_config(path: str) -> Config:
    """Read a config file; ``genkd_mm::NAME`` is one of the package's own, wherever it is installed."""
    path = config_file(path)
    if not Path(path).is_file():
        raise ConfigError(f'The config file {path!r} does not exist; configs/ of genkd_mm holds ready ones')
    try:
        return with_names(Config.fromfile(path))
    except Exception as error:  # a config is a program and can fail in any way
        folder = str(Path(path).resolve().parent)
        if isinstance(error, SyntaxError) and set(folder) & QUOTES:
            raise ConfigError(
                f'The config file {path!r} cannot be read: its folder {folder!r} has a quote in its name, which ends '
                'the string that mmengine puts the name into; move it to a folder without one'
            ) from error
        raise ConfigError(f'The config file {path!r} cannot be read: {type(error).__name__}: {error}') from error


def as_config(config: Config | str | Path) -> Config:
    """``config`` itself, with names for classes, or what :func:`load_config` reads from a path."""
    return with_names(config) if isinstance(config, Config) else load_config(str(config))


def in_scope(function: Callable) -> Callable:
    """``function``, whose first argument may also be the path of its config, and in which names without a scope are
    those of the config's ``default_scope``; components that cannot be built stop it in one sentence.
    """

    @functools.wraps(function)
    def call(config: Config | str | Path, *args: Any, **kwargs: Any) -> Any:
        config = as_config(config)
        scope = DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmrazor'))
        with scope, built_or_one_sentence(config):
            return function(config, *args, **kwargs)

    return call


def with_names(config: Config) -> Config:
    """``config`` itself, or one of mmengine's pure Python style with names instead of classes."""
    imported = getattr(config, '_imported_names', None)
    if not imported:
        return config
    own = {key: value for key, value in config._cfg_dict.items() if key not in imported}
    return Config(_named(own), filename=config.filename)


def _named(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: name_of(item) if key == 'type' and callable(item) else _named(item) for key, item in value.items()}
    return type(value)(map(_named, value)) if isinstance(value, (list, tuple)) else value


def name_of(component: Any) -> str:
    """The name, with its scope, under which a class or a function is registered; if none, where to import it from."""
    for package in (mmrazor.registry, mmpretrain.registry, mmengine.registry):
        for registry in vars(package).values():
            if isinstance(registry, Registry):
                for name, registered in registry.module_dict.items():
                    if registered is component:
                        return f'{registry.scope}.{name}'
    return f'{component.__module__}.{component.__qualname__}'


def load_config(path: str, overrides: dict | None = None, work_dir: str | None = None) -> Config:
    """Read a config file, apply overrides, and settle the work dir: argument, else config, else ./work_dirs/NAME.

    If the overrides change ``train_cfg.max_iters``, schedules and intervals that they do not set follow it, as
    :func:`~genkd_mm.engine.runner.schedule.schedule` has them.
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
    config.work_dir = work_dir or config.get('work_dir') or f'./work_dirs/{Path(config.filename).stem}'
    return config
