"""Which release of a package is installed."""

import importlib.metadata


def version_of(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def release_of(version: str) -> tuple[int, ...]:
    """``'2.11.0+cpu'`` -> ``(2, 11, 0)``."""
    parts = version.split('+')[0].split('.')[:3]
    return tuple(int(''.join(filter(str.isdigit, part)) or 0) for part in parts)
