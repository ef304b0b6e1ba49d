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
    """A run that is trained once for each seed, before the grid.

    Attributes:
        config (Path): Its config.
        key (str): The key of the grid's configs that gets the path of its ``final.pth``.
    """

    config: Path
    key: str


@dataclass(frozen=True)
class Ablation:
    """What an ablation file says, checked.

    Attributes:
        path (Path): The file.
        base (Path): The config that every setting changes.
        axes (dict): Name of an axis -> label of a value -> its overrides, which are config keys with dots -> values.
        seeds (list[int]): One run of each setting for each of them.
        shared (dict[str, Shared]): By name.
        one_at_a_time (bool): Whether the settings are those of :func:`one_at_a_time` instead of :func:`full_grid`.
    """

    path: Path
    base: Path
    axes: dict[str, dict[str, dict[str, Any]]]
    seeds: list[int]
    shared: dict[str, Shared]
    one_at_a_time: bool

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
    """Read an ablation file.

    Raises:
        ConfigError: If it, or a config that it names, does not exist, a key is unknown or missing, an axis is empty or
            ambiguous, or the seeds are no list of different integers.
    """
    path = Path(path)
    content = {key: value for key, value in read_config(str(path)).to_dict().items() if not key.startswith('_')}
    unknown = [key for key in content if key not in KEYS]
    if unknown:
        raise ConfigError(
            f'{path} sets {unknown[0]!r}, which is no part of an ablation; expected {", ".join(KEYS)}; '
            'start the name of a helper variable with an underscore'
        )
    axes = content.get('axes')
    if not isinstance(axes, dict) or not axes:
        raise ConfigError(f'axes of {path} is {axes!r}; expected a dict with at least one axis')
    one_at_a_time = content.get('one_at_a_time', False)
    if not isinstance(one_at_a_time, bool):
        raise ConfigError(f'one_at_a_time of {path} is {one_at_a_time!r}; expected True or False')
    return Ablation(
        path,
        _config(path, 'base', content.get('base')),
        {name: _values(path, name, values) for name, values in axes.items()},
        _seeds(path, content.get('seeds')),
        _shared(path, content.get('shared', {})),
        one_at_a_time,
    )


def _config(path: Path, key: str, name: Any) -> Path:
    """A config that the ablation names, relative to its own folder."""
    if not isinstance(name, str):
        raise ConfigError(f'{key} of {path} is {name!r}; expected the path of a config, relative to the ablation file')
    config = path.parent / name
    if not config.is_file():
        raise ConfigError(
            f'{key} of {path} is {name!r}, but there is no {config}; name a config, relative to the ablation file'
        )
    return config


def _values(path: Path, name: str, values: Any) -> dict[str, dict[str, Any]]:
    """The overrides of an axis by label: as given, or of a list of values for the key that is the axis's name."""
    where = f'axes[{name!r}] of {path}'
    if not isinstance(values, (dict, list, tuple)) or not values:
        raise ConfigError(
            f'{where} is {values!r}; expected a list of values, or a dict of labels and overrides, with '
            'at least one entry'
        )
    if isinstance(values, dict):
        for label, overrides in values.items():
            if not isinstance(overrides, dict) or not all(isinstance(key, str) for key in overrides):
                raise ConfigError(
                    f'{where} gives the label {label!r} the value {overrides!r}; expected a dict of '
                    'config keys and values'
                )
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


def _seeds(path: Path, seeds: Any) -> list[int]:
    whole = isinstance(seeds, (list, tuple)) and all(type(seed) is int and seed >= 0 for seed in seeds)
    if not whole or not seeds or len(set(seeds)) < len(seeds):
        raise ConfigError(f'seeds of {path} is {seeds!r}; expected a list of different integers, 0 or more')
    return list(seeds)


def _shared(path: Path, shared: Any) -> dict[str, Shared]:
    if not isinstance(shared, dict):
        raise ConfigError(f'shared of {path} is {shared!r}; expected a dict of names and dict(config=..., key=...)')
    found = {}
    for name, entry in shared.items():
        if not isinstance(entry, dict) or set(entry) != {'config', 'key'} or not isinstance(entry['key'], str):
            raise ConfigError(
                f"shared[{name!r}] of {path} is {entry!r}; expected dict(config='path of a config', "
                "key='the config key that gets its final.pth')"
            )
        found[name] = Shared(_config(path, f'shared[{name!r}].config', entry['config']), entry['key'])
    return found
