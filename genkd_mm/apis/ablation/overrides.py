"""Overrides of a config: all of them take effect, or none is accepted."""

import copy
import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

from ...utils import ConfigError
from ...utils.settings import find

ADD = '+'


class Change(NamedTuple):
    """One key of a config and its new value."""

    source: str  # who asks for it, for the error sentences
    key: str  # with dots between its parts; the elements of a list are counted from 0
    value: Any  # takes the place of the old one, as a whole
    added: bool = False  # whether the config must lack the key, instead of having it


def changes_of(source: str, overrides: dict[str, Any]) -> Iterator[Change]:
    """Overrides as single changes: a dict is taken apart, as mmengine merges it, unless it says ``_delete_=True``."""
    for name, value in overrides.items():
        key = name.removeprefix(ADD)
        if isinstance(value, dict) and value.get('_delete_'):
            value = {inner: part for inner, part in value.items() if inner != '_delete_'}
        elif isinstance(value, dict) and key == name:
            if not value:
                raise ConfigError(
                    f'{source} sets {name!r} to an empty dict, which changes nothing; name what is to '
                    'change, or write dict(_delete_=True, ...) to replace the whole'
                )
            yield from changes_of(source, {f'{key}.{inner}': part for inner, part in value.items()})
            continue
        yield Change(source, key, value, key != name)


def overridden(base: dict, changes: list[Change], name: str) -> dict:
    """A copy of ``base`` with all ``changes`` made; ``name`` is what the error sentences call it."""
    for one, other in itertools.combinations(changes, 2):
        if f'{one.key}.'.startswith(f'{other.key}.') or f'{other.key}.'.startswith(f'{one.key}.'):
            raise ConfigError(
                f'{one.source} sets {one.key!r} and {other.source} {other.key!r}, so one would undo '
                'the other; set each key in one place'
            )
    config = copy.deepcopy(base)
    for change in changes:
        _require_fit(base, change, name)
        assign(config, change.key, copy.deepcopy(change.value))
    return config


def assign(config: dict, key: str, value: Any) -> None:
    """Put a value at a key with dots, whose parents must be there."""
    *parents, last = key.split('.')
    node = find(config, parents)
    node[int(last) if isinstance(node, list) else last] = value


def has(config: dict, key: str) -> bool:
    """Whether the config has a value, None included, at a key with dots."""
    try:
        find(config, key.split('.'))
    except LookupError:
        return False
    return True


def _require_fit(base: dict, change: Change, name: str) -> None:
    *parents, last = change.key.split('.')
    present, parent = has(base, change.key), '.'.join(parents)
    if change.added and present:
        raise ConfigError(f'{change.source} adds {change.key!r}, which {name} has; write it without the {ADD}')
    if not change.added and not present:
        raise ConfigError(
            f'{change.source} sets {change.key!r}, which {name} lacks; {_known(base, parents)}; correct '
            f'it, or write {ADD + change.key!r} to add it'
        )
    if change.added and parents and not (has(base, parent) and isinstance(find(base, parents), dict)):
        raise ConfigError(
            f'{change.source} adds {change.key!r}, but {name} has no dict {parent!r}; '
            f'{_known(base, parents)}; correct it'
        )


def _known(base: dict, parents: list[str]) -> str:
    """What there is at the deepest part of a key that the config has."""
    while not has(base, '.'.join(parents)) and parents:
        parents = parents[:-1]
    node, where = find(base, parents), '.'.join(parents) or 'its top level'
    if isinstance(node, dict):
        return f'{where} has {", ".join(map(str, node))}'
    return f'{where} is a list of {len(node)}' if isinstance(node, list) else f'{where} is {node!r}'
