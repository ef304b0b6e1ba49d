"""Files that are whole or not there."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import ConfigError


@contextmanager
def atomic_write(path: str | Path) -> Iterator[BinaryIO]:
    """A binary file to write, which takes its name only when all of it is on disk.

    It is written as ``PATH.tmp``, synchronised, and renamed when the block ends. A kill, a full disk or an exception at
    any moment leaves what was at ``path`` before.

    Args:
        path (str | Path): The name at the end; its folder must exist.

    Raises:
        OSError: If the file cannot be written; ``PATH.tmp`` is removed.
    """
    path = Path(path)
    partial = path.with_name(f'{path.name}.tmp')
    try:
        with open(partial, 'wb') as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def save_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 file by :func:`atomic_write`."""
    with atomic_write(path) as file:
        file.write(text.encode())


def save_json(path: str | Path, content: dict) -> None:
    """Write a JSON file by :func:`atomic_write`."""
    save_text(path, json.dumps(content, indent=2) + '\n')


def read_json(path: str | Path, expected: str) -> dict:
    """The object in a JSON file.

    Args:
        path (str | Path): The file.
        expected (str): What the file should be, for the error sentence.

    Raises:
        ConfigError: If it is missing or holds no JSON object.
    """
    try:
        content = json.loads(Path(path).read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise ConfigError(f'{str(path)!r} cannot be read as JSON ({error}); give {expected}') from error
    if not isinstance(content, dict):
        raise ConfigError(f'{str(path)!r} holds a {type(content).__name__}; expected a JSON object')
    return content


def shipped(path: str) -> Path:
    """A file or folder that ships with the package, such as ``configs`` or ``tools/train.py``.

    A checkout holds it beside the package, a wheel inside, in ``.mim``, where OpenMMLab's mim looks.
    """
    package = Path(__file__).parents[1]
    inside = package / '.mim' / path
    return inside if inside.exists() else package.parent / path


def config_file(path: str) -> str:
    """The file of a config: ``genkd_mm::NAME`` is one of the package's ``configs``, any other path is itself."""
    package, _, name = path.partition('::')
    return str(shipped('configs') / name) if package == 'genkd_mm' else path
