"""Packages that only some need."""

import importlib.util
from collections.abc import Sequence

from .errors import ConfigError


def require_packages(names: Sequence[str], who: str) -> None:
    """Raises ConfigError if a package that ``who``, an option or a component, needs is not installed."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f'{who} needs {" and ".join(missing)}, which cannot be imported; run: pip install {" ".join(missing)}'
        )
