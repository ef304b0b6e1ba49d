"""What a classifier's config and checkpoint tell of the images that it takes."""

import sys
from collections.abc import Sequence
from typing import NamedTuple

from ...engine.runner.config import load_config
from ...models.student import network_order, plain_architecture
from ...utils import ConfigError, read_checkpoint

ORDERS = ('rgb', 'bgr')


class Teacher(NamedTuple):
    """A classifier and what it takes."""

    model: dict  # config of the network alone, with the scope of its names
    imports: list[str]  # modules that register its parts
    mean: list[float]  # of each channel in the teacher's order, 0..255
    std: list[float]
    order: str  # ``rgb`` or ``bgr``; of one channel ``rgb``
    channels: int  # of the images that it takes
    classes: tuple[str, ...] | None  # their names, if the checkpoint tells them


def read_teacher(
    path: str,
    checkpoint: str,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    order: str | None = None,
) -> Teacher:
    """Read a classifier's config and checkpoint; ``mean``, ``std`` and ``order`` (rgb or bgr) replace the config's.

    What the config does not tell of the normalisation is asked for, where somebody can answer.

    Raises:
        ConfigError: If the files cannot be read, or nothing tells the normalisation.
    """
    config, content = load_config(path), read_checkpoint(checkpoint, 'The second value of --teacher')
    model = plain_architecture(config.model.to_dict())
    preprocessor = model.pop('data_preprocessor', None) or config.get('data_preprocessor') or {}
    weights = [value for value in content['state_dict'].values() if getattr(value, 'ndim', 0) == 4]
    if not weights:
        raise ConfigError(f'--teacher ({checkpoint}) has no convolution, which would tell the channels of its images')
    channels = weights[0].shape[1]
    found = {}
    for name, given in (('mean', mean), ('std', std)):
        values = (
            given
            or preprocessor.get(name)
            or _ask(f'--{name}', f'{path} has no data_preprocessor.{name}', f'the {name} of each channel, 0 to 255')
        )
        try:
            found[name] = [float(value) for value in values]
        except ValueError as error:
            raise ConfigError(f'--{name} is {values}; expected numbers, one for each channel') from error
    if order is None and channels == 3:
        try:
            order = network_order(config, preprocessor)
        except ConfigError:
            order = _ask('--channel-order', f'{path} does not tell the order of the channels', 'rgb or bgr')[0]
            if order not in ORDERS:
                raise ConfigError(f'--channel-order is {order!r}; expected rgb or bgr') from None
    scope = config.get('default_scope', 'mmpretrain')
    imports = list((config.get('custom_imports') or {}).get('imports') or [])
    named = content.get('data_spec') or content.get('meta', {}).get('dataset_meta') or {}
    classes = tuple(map(str, named.get('classes') or ())) or None
    return Teacher({'_scope_': scope, **model}, imports, found['mean'], found['std'], order or 'rgb', channels, classes)


def _ask(option: str, found: str, wanted: str) -> list[str]:
    """An answer from the keyboard, word by word.

    Raises:
        ConfigError: If there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise ConfigError(f'{found}; give {wanted} with {option}, as the teacher was trained')
    return input(f'{found}. What is {wanted}? ').replace(',', ' ').split() or _ask(option, found, wanted)
