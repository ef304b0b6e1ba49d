"""Failures of the machine, reported in one sentence."""

import errno
import logging
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch.distributed as torch_dist
from mmengine.dist import get_rank, get_world_size
from mmengine.logging import MMLogger

from ...utils import ConfigError, DataError, TrainingError, one_line

STORAGE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM)
WORKER = re.compile(r'Caught \S+ in DataLoader worker process')  # torch's words
LOST_PEER = (
    'Connection closed by peer',
    'Connection reset by peer',
    'Broken pipe',
    'Timed out waiting',
    'Connection refused',
    'recvValue failed',
    'Read error',
    'Write error',
)


def check_writable(work_dir: str) -> None:
    """Make the work dir, and write a file there."""
    probe = Path(work_dir, f'.writable_{get_rank()}')
    try:
        probe.parent.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b'1' * 4096)
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            f'work_dir is {work_dir!r}, where nothing can be written ({error.strerror}); name another '
            'folder with --work-dir, or make room there'
        ) from error


def check_output_file(path: str | Path, option: str) -> None:
    """A file must be able to be at ``path``, which ``option`` of a command line names."""
    path = Path(path)
    if path.is_dir():
        raise ConfigError(f'{option} is {str(path)!r}, which is a folder; name a file')
    if not path.resolve().parent.is_dir():
        raise ConfigError(f'{option} is {str(path)!r}, whose folder does not exist; make it, or name another')


def check_output_folder(path: str | Path, option: str) -> None:
    """A folder must be at ``path``, which ``option`` of a command line names, or there must be room for one."""
    path = Path(path)
    existing = next(place for place in (path, *path.resolve().parents) if place.exists())
    if not existing.is_dir():
        raise ConfigError(f'{option} is {str(path)!r} but {existing} is a file; name another folder')


@contextmanager
def stopped_in_one_sentence(kept: Callable[[], str], again: str) -> Iterator[None]:
    """Turn failures of data, of storage and of other processes into a ``TrainingError``; the log has the traceback.

    ``kept`` says, after a failure, what is safe on disk; ``again`` what to do once the cause is removed.
    """
    try:
        yield
    except Exception as error:
        sentence = _unreadable(error) or _unwritable(error) or _lost_peer(error)
        if sentence is None:
            raise
        log_traceback()
        traceback.clear_frames(error.__traceback__)  # they hold the data loader, and so its workers
        what, advice = sentence
        raise TrainingError(f'{what}; {kept()}; {advice}, then {again}') from error


def _unreadable(error: Exception) -> tuple[str, str] | None:
    """A broken dataset item, reported by the main process or a worker, or a worker that died."""
    words = str(error).strip()
    if 'DataLoader worker (pid' in words:
        return f'A data loader has lost a worker ({one_line(words)})', 'make room in memory, or use fewer num_workers'
    if isinstance(error, DataError) or WORKER.match(words):
        # A worker's error comes with its traceback, whose last line begins with the name of the class.
        last = words.splitlines()[-1].removeprefix(f'{DataError.__module__}.{DataError.__name__}: ')
        return last, 'correct the file, the annotation or the pipeline'
    return None


def _unwritable(error: Exception) -> tuple[str, str] | None:
    if isinstance(error, OSError) and error.errno in STORAGE:
        return f'A file cannot be written ({error})', 'make room'
    return None


def _lost_peer(error: Exception) -> tuple[str, str] | None:
    if not isinstance(error, RuntimeError) or not torch_dist.is_initialized() or get_world_size() == 1:
        return None
    if not isinstance(error, torch_dist.DistError) and not any(words in str(error) for words in LOST_PEER):
        return None
    return (
        f'Process {get_rank()} of {get_world_size()} has lost another one, which died or cannot be reached '
        f'({one_line(error)})',
        'look at the output of the others',
    )


def last_checkpoint(work_dir: str) -> str:
    """Half a sentence about the last whole checkpoint."""
    pointer = Path(work_dir, 'last_checkpoint')
    return (
        f'the last whole checkpoint is {pointer.read_text(encoding="utf-8").strip()}'
        if pointer.is_file()
        else 'no checkpoint yet'
    )


def log_traceback() -> None:
    """Into the log file, if there is one that can be written; the console's filter keeps it from there."""
    logger = MMLogger.get_current_instance()
    if any(isinstance(handler, logging.FileHandler) for handler in logger.handlers):
        logger.error('Traceback of what follows', exc_info=True)
