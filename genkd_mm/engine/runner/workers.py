"""The worker processes of data loaders: who may end them, and when they go."""

import os
import signal
import threading
from functools import partial

from torch.utils.data import DataLoader


def let_workers_outlive_signals(loader: DataLoader) -> DataLoader:
    """A signal to a whole job ends the main process, which needs its workers until then; only it ends them.

    Returns:
        DataLoader: The same one.
    """
    started = loader.worker_init_fn
    if not (isinstance(started, partial) and started.func is _start_worker):
        loader.worker_init_fn = partial(_start_worker, started)
    return loader


def end_workers(loader: DataLoader | None) -> None:
    """End the worker processes that a loader keeps for its next pass, ``persistent_workers=True``.

    Left to the interpreter's exit they may outlive it, or hold it up.
    """
    if loader is not None:
        loader._iterator = None


def _start_worker(seed_worker: partial | None, worker_id: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_end_on_the_parents_word, args=(os.getppid(),), daemon=True).start()
    if seed_worker is not None:
        seed_worker(worker_id)


def _end_on_the_parents_word(parent: int) -> None:
    """Wait for a SIGTERM of the parent; those of others, as of a batch system, pass without effect."""
    while signal.sigwaitinfo({signal.SIGTERM}).si_pid != parent:
        pass
    os._exit(0)
