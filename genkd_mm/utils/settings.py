"""Values of nested configs by their dotted keys."""

from collections.abc import Sequence
from typing import Any


def find(config: Any, parts: Sequence[str]) -> Any:
    """The value at a key in parts; the elements of a list are counted from 0.

    Raises:
        LookupError: If there is none.
    """
    for part in parts:
        if isinstance(config, list) and part.isdigit():
            config = config[int(part)]
        elif hasattr(config, 'keys'):
            config = config[part]
        else:
            raise LookupError(part)
    return config


def setting(config: Any, key: str) -> Any:
    """The value at a key with dots; None if there is none."""
    try:
        return find(config, key.split('.'))
    except LookupError:
        return None
