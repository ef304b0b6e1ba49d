"""Runs side by side, each in a process of its own."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Job:
    """A process, and what shows that it has done its work."""

    name: str  # what a person calls it
    command: tuple[str, ...]  # program and arguments
    log: Path  # the file that its output is added to
    makes: Path  # the file that is there when it has finished, and then whole
    needs: tuple[Path, ...] = ()  # files without which it cannot start

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return self.makes.is_file()

    @property
    def state(self) -> str:
        """How far it is."""
        if self.finished:
            return 'finished'
        return 'to resume' if (self.log.parent / 'last_checkpoint').is_file() else 'to run'


class Stop:
    """Inside ``with``: SIGTERM and Ctrl-C end the processes that run instead of the program.

    The first signal, kept in ``received``, sends them SIGTERM, the second one SIGKILL.
    """

    def __init__(self) -> None:
        self.received: list[int] = []
        self._running: set[subprocess.Popen] = set()

    def __enter__(self) -> 'Stop':
        self._original = {number: signal.signal(number, self.receive) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *exception) -> None:
        for number, handler in self._original.items():
            signal.signal(number, handler)

    def receive(self, number: int, frame: object = None) -> None:
        """Take a signal, which may also be one that nobody has sent."""
        self.received.append(number)
        for process in tuple(self._running):
            process.kill() if len(self.received) > 1 else process.terminate()

    def wait_for(self, process: subprocess.Popen) -> int:
        """The exit code of a process that has been started."""
        self._running.add(process)
        if self.received:  # before it was added
            process.terminate()
        try:
            return process.wait()
        finally:
            self._running.discard(process)


@contextmanager
def exclusive(folder: Path, patience: float) -> Iterator[int]:
    """A lock on a folder, which processes that inherit the descriptor hold as well, for as long as they live.

    Another holder is waited for, ``patience`` seconds at most.

    Raises:
        BlockingIOError: If it is still held after that; its ``filename`` is the folder.
    """
    deadline = time.monotonic() + patience
    with open(folder / '.lock', 'w', encoding='utf-8') as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise BlockingIOError(error.errno, error.strerror, str(folder)) from error
                time.sleep(POLL_SECONDS)
        yield file.fileno()


def run_jobs(
    jobs: list[Job],
    side_by_side: int,
    environment: dict[str, str],
    stop: Stop,
    locks: Sequence[int],
    tell: Callable[[str, Job], None],
) -> dict[str, str]:
    """Run what is not finished, in order, at most ``side_by_side`` at a time; one that fails does not end the others.

    The processes hold the ``locks``, descriptors of :func:`exclusive`. After a signal, which ``stop`` has received, no
    other job is started. ``tell`` is called with ``started``, ``finished``, ``failed`` or ``stopped``, and the job.

    Returns:
        dict[str, str]: The reasons of those that failed, by name.
    """

    def run(job: Job) -> str | None:
        """The reason why it failed."""
        if stop.received:
            return None
        missing = [path for path in job.needs if not path.is_file()]
        if missing:
            tell('failed', job)
            return f'not started: {missing[0]}, which it needs, is not there'
        tell('started', job)
        with start(job, environment, locks) as process:
            code = stop.wait_for(process)
        event = 'finished' if job.finished else 'stopped' if stop.received else 'failed'
        tell(event, job)
        return reason(job, code) if event == 'failed' else None

    waiting = [job for job in jobs if not job.finished]
    with ThreadPoolExecutor(side_by_side) as pool:
        reasons = list(pool.map(run, waiting))
    return {job.name: why for job, why in zip(waiting, reasons) if why}


def start(job: Job, environment: dict[str, str], locks: Sequence[int]) -> subprocess.Popen:
    """Start a process that Ctrl-C at the terminal does not reach, and whose standard input ends when we do."""
    job.log.parent.mkdir(parents=True, exist_ok=True)
    with open(job.log, 'ab') as log:
        return subprocess.Popen(
            job.command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            pass_fds=locks,
        )


def reason(job: Job, code: int) -> str:
    """How a process ended without finishing: its exit code or signal, and the last line that it wrote."""
    end = f'exit code {code}' if code >= 0 else f'killed by {signal.Signals(-code).name}'
    lines = job.log.read_bytes()[-4096:].decode(errors='replace').split('\n')
    last = next((line.strip() for line in reversed(lines) if line.strip()), 'no output')
    return f'{end} without {job.makes.name}: {last}'


def environment_for(side_by_side: int, threads: int) -> dict[str, str]:
    """Our environment; processes side by side share ``threads`` CPU threads, one that is alone chooses their number."""
    if side_by_side == 1:
        return dict(os.environ)
    share = str(max(1, threads // side_by_side))
    return {**os.environ, 'OMP_NUM_THREADS': share, 'MKL_NUM_THREADS': share}
