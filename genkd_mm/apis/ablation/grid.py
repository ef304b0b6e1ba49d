"""An ablation file, and the settings that it spans."""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...engine.runner.config import read_config
from ...utils import ConfigError

KEYS = ('base', 'axes', 'seeds', 'shared', 'one_at_a_time')
SCALARS = (str, int, float, bool, type(None))

Setting = dict[str, str]  # axis -> label


@dataclass(frozen=True)
class Shared:
    """A run that is trained once for each seed; the grid's configs get its ``final.pth`` at ``key``."""

    config: Path
    key: str


@dataclass(frozen=True)
class Ablation:
    """What an ablation file says, checked."""

    path: Path  # the file
    base: Path  # the config that every setting changes
    # name of an axis -> label of a value -> its overrides, which are config keys with dots -> values
    axes: dict[str, dict[str, dict[str, Any]]]
    seeds: list[int]  # one run of each setting for each of them
    shared: dict[str, Shared]  # by name
    one_at_a_time: bool  # whether the settings are those of :func:`one_at_a_time` instead of :func:`full_grid`

    @property
    def settings(self) -> list[Setting]:
        """Every combination of labels that is to be run, in the order of the file."""
        return one_at_a_time(self.axes) if self.one_at_a_time else full_grid(self.axes)


def full_grid(axes: dict[str, dict]) -> list[Setting]:
    """All combinations; the last axis changes fastest."""
    return [dict(zip(axes, labels, strict=True)) for labels in itertools.product(*axes.values())]


def one_at_a_time(axes: dict[str, dict]) -> list[Setting]:
    """The first value of every axis, then each other value of one axis beside the first ones of the rest."""
    reference = {axis: next(iter(values)) for axis, values in axes.items()}
    others = [{**reference, axis: label} for axis, values in axes.items() for label in values]
    return [reference, *(setting for setting in others if setting != reference)]


def read_ablation(path: str | Path) -> Ablation:
    """Read an ablation file, and check all that it says."""
    path = Path(path)
    content = {key: value for key, value in read_config(str(path)).to_dict().items() if not key.startswith('_')}
    unknown = [key for key in content if key not in KEYS]
    if unknown:
        raise ConfigError(
            f'{path} sets {unknown[0]!r}, which is no part of an ablation; expected {", ".join(KEYS)}; '
            'start the name of a helper variable with an underscore'
        )
    axes, seeds, shared = content.get('axes'), content.get('seeds'), content.get('shared', {})
    alone = content.get('one_at_a_time', False)
    _require(isinstance(axes, dict) and axes, f'axes of {path}', axes, 'a dict with at least one axis')
    _require(isinstance(alone, bool), f'one_at_a_time of {path}', alone, 'True or False')
    whole = isinstance(seeds, (list, tuple)) and all(type(seed) is int and seed >= 0 for seed in seeds)
    different = whole and seeds and len(set(seeds)) == len(seeds)
    _require(different, f'seeds of {path}', seeds, 'a list of different integers, 0 or more')
    _require(isinstance(shared, dict), f'shared of {path}', shared, 'a dict of names and dict(config=..., key=...)')
    return Ablation(
        path,
        _config(path, 'base', content.get('base')),
        {name: _values(f'axes[{name!r}] of {path}', name, values) for name, values in axes.items()},
        list(seeds),
        {name: _shared(path, f'shared[{name!r}]', entry) for name, entry in shared.items()},
        alone,
    )


def _require(fits: object, where: str, found: Any, expected: str) -> None:
    if not fits:
        raise ConfigError(f'{where} is {found!r}; expected {expected}')


def _config(path: Path, key: str, name: Any) -> Path:
    """A config that the ablation names, relative to its own folder."""
    expected = 'the path of a config, relative to the ablation file'
    _require(isinstance(name, str), f'{key} of {path}', name, expected)
    config = path.parent / name
    if not config.is_file():
        raise ConfigError(f'{key} of {path} is {name!r}, but there is no {config}; expected {expected}')
    return config


def _values(where: str, name: str, values: Any) -> dict[str, dict[str, Any]]:
    """The overrides of an axis by label: as given, or of a list of values for the key that is the axis's name."""
    expected = 'a list of values, or a dict of labels and overrides, with at least one entry'
    _require(isinstance(values, (dict, list, tuple)) and values, where, values, expected)
    if isinstance(values, dict):
        for label, overrides in values.items():
            keyed = isinstance(overrides, dict) and all(isinstance(key, str) for key in overrides)
            _require(keyed, f'{where}: the value of the label {label!r}', overrides, 'a dict of config keys and values')
        return {str(label): overrides for label, overrides in values.items()}
    wrong = next((value for value in values if not isinstance(value, SCALARS)), None)
    if wrong is not None:
        raise ConfigError(
            f'{where} lists {wrong!r}, which has no short name; give it a label: dict(label={{{name!r}: ...}})'
        )
    labelled = {str(value): {name: value} for value in values}
    if len(labelled) < len(values):
        raise ConfigError(f'{where} lists a value twice: {", ".join(map(str, values))}; take it out')
    return labelled


def _shared(path: Path, key: str, entry: Any) -> Shared:
    complete = isinstance(entry, dict) and set(entry) == {'config', 'key'} and isinstance(entry['key'], str)
    expected = "dict(config='path of a config', key='the config key that gets its final.pth')"
    _require(complete, f'{key} of {path}', entry, expected)
    return Shared(_config(path, f'{key}.config', entry['config']), entry['key'])
