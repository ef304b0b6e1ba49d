"""Every shipped config that can be run."""

import functools
from collections.abc import Iterator
from pathlib import Path

from mmengine.config import Config

from genkd_mm.engine.runner.config import load_config

CONFIGS = Path(__file__).parents[2] / 'configs'
NAMES = sorted(
    str(path.relative_to(CONFIGS)) for path in CONFIGS.rglob('*.py') if not {'_base_', 'ablations'} & set(path.parts)
)


@functools.cache
def read(name: str) -> Config:
    """A config as its file has it; not to be changed."""
    return load_config(str(CONFIGS / name))


def dicts(value) -> Iterator[dict]:
    """Every dict inside a config, from the outside in."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for part in value if isinstance(value, (list, tuple)) else ():
        yield from dicts(part)
