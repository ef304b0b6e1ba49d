"""Files that are whole or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
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
