"""Errors while components are built from a config, reported in one sentence."""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import mmpretrain.registry
import mmrazor.registry
from mmengine.config import Config
from mmengine.registry import Registry

from ...utils import ConfigError
from .failures import log_traceback

# What constructors raise at arguments that they do not take, and datasets at files that are not there.
ERRORS = (AssertionError, AttributeError, FileNotFoundError, ImportError, IndexError, KeyError, TypeError, ValueError)
BUILDERS = ('mmengine.optim', 'mmengine.registry', 'mmengine.runner')
LONGEST_REASON = 300  # characters; mmengine puts whole configs into some messages


@contextmanager
def built_or_one_sentence(config: Config) -> Iterator[None]:
    """Turn errors of mmengine's builders into a ``ConfigError``; the log file has the traceback.

    An error that no builder was at work on, as one of the training itself, passes as it is.

    Args:
        config (Config): What is built.

    Raises:
        ConfigError: With the component's key in the config, if it can be found, its type, and the reason.
    """
    try:
        yield
    except ConfigError:
        raise
    except ERRORS as error:
        built = _innermost(error)
        if built is None:
            raise
        log_traceback()
        raise ConfigError(
            f'{_name(config, built)} cannot be built ({_reason(error)}); correct it in '
            f'{config.filename}, or in --cfg-options'
        ) from error


def _innermost(error: Exception) -> dict | None:
    """The part of the config that the last builder in the traceback had; None if no builder was at work."""
    built = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if frame.f_globals.get('__name__', '').startswith(BUILDERS) and code.co_name.startswith(('build_', 'from_cfg')):
            arguments = (frame.f_locals.get(name) for name in code.co_varnames[: code.co_argcount])
            built = next((value for value in arguments if isinstance(value, (dict, Config))), built)
    return built


def _name(config: Config, built: dict | Config) -> str:
    """Key and type of a component."""
    if isinstance(built, Config):
        return 'The config'
    key = next((key for key, part in _parts(config.to_dict()) if _is(part, built)), None)
    kind = built.get('type')
    if kind is None:
        return key or 'A component without a type'
    kind = getattr(kind, '__name__', kind)
    return f'{key} ({kind})' if key else f'A component of the type {kind}'


def _parts(value, key: str = '') -> Iterator[tuple[str, dict]]:
    """All dicts in a config with their dotted keys, outer ones first."""
    if isinstance(value, dict) and key:
        yield key, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    for name, item in items:
        yield from _parts(item, f'{key}.{name}' if key else str(name))


def _is(part: dict, built: dict) -> bool:
    """Whether ``built`` is that part of a config; what builds it may have added to it, or wrapped its dataset."""
    if 'type' not in part:
        return {**part, 'dataset': None} == {**built, 'dataset': None}
    return all(name in built and built[name] == value for name, value in part.items())


def _reason(error: Exception) -> str:
    """The error's kind and its words, in one line."""
    words = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    words = ' '.join(words.split('. Please check')[0].split())  # mmengine's advice comes after its first sentence
    words = f'{words[:LONGEST_REASON]}{"..." if len(words) > LONGEST_REASON else ""}'
    return f'{type(error).__name__}: {words}{_scope_hint(words)}'


def _scope_hint(words: str) -> str:
    """Under which name mmpretrain or mmrazor has a type that was not found; nothing if neither has."""
    match = re.search(r'(\w+) is not in the \S+ registry', words)
    for package in (mmpretrain.registry, mmrazor.registry):
        for registry in vars(package).values():
            if match and isinstance(registry, Registry):
                registry.import_from_location()
                if match[1] in registry.module_dict:
                    return f'; write {registry.scope}.{match[1]}'
    return ''
