"""Errors while components are built from a config, reported in one sentence."""

import re
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
LONGEST_REASON = 300  # characters; mmengine puts whole configs into some messages


@contextmanager
def built_or_one_sentence(config: Config) -> Iterator[None]:
    """Turn errors of mmengine's builders into a ``ConfigError``; the log file has the traceback.

    Builders leave the part of the config that they were at in ``error.component``, see
    :func:`genkd_mm.compat.mmengine.name_what_cannot_be_built`. Other errors pass as they are.
    """
    try:
        yield
    except ConfigError:
        raise
    except ERRORS as error:
        component = getattr(error, 'component', None)
        if component is None:
            raise
        log_traceback()
        raise ConfigError(
            f'{_name(config, component)} cannot be built ({_reason(error)}); correct it in '
            f'{config.filename}, or in --cfg-options'
        ) from error


def _name(config: Config, component: dict) -> str:
    """Key and type of a component."""
    key = next((key for key, part in _parts(config.to_dict()) if _is(part, component)), None)
    kind = component.get('type')
    if kind is None:
        return key or 'The config'
    kind = getattr(kind, '__name__', kind)
    return f'{key} ({kind})' if key else f'A component of the type {kind}'


def _parts(value, key: str = '') -> Iterator[tuple[str, dict]]:
    """All dicts in a config with their dotted keys, outer ones first."""
    if isinstance(value, dict) and key:
        yield key, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    for name, item in items:
        yield from _parts(item, f'{key}.{name}' if key else str(name))


def _is(part: dict, component: dict) -> bool:
    """Whether ``component`` is that part of a config; its builder may have added to it, or wrapped its dataset."""
    if 'type' not in part:
        return {**part, 'dataset': None} == {**component, 'dataset': None}
    return all(name in component and component[name] == value for name, value in part.items())


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
