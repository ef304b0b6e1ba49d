"""Runs side by side, each in a process of its own. Only the standard library is used here."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Job:
    """A process, and what shows that it has done its work.

    Attributes:
        name (str): What a person calls it.
        command (tuple[str, ...]): Program and arguments.
        log (Path): The file that its output is added to.
        makes (Path): The file that is there when it has finished, and then whole.
        needs (tuple[Path, ...]): Files without which it cannot start.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    makes: Path
    needs: tuple[Path, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return self.makes.is_file()


class Stop:
    """Inside ``with``: SIGTERM and Ctrl-C are kept in ``received`` instead of ending the program."""

    def __init__(self) -> None:
        self.received: list[int] = []

    def __enter__(self) -> 'Stop':
        self._original = {
            number: signal.signal(number, lambda number, frame: self.received.append(number))
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        return self

    def __exit__(self, *exception) -> None:
        for number, handler in self._original.items():
            signal.signal(number, handler)


@contextmanager
def exclusive(folder: Path, patience: float) -> Iterator[int]:
    """A lock on a folder, which processes that inherit the descriptor hold as well, for as long as they live.

    Args:
        folder (Path): Must exist.
        patience (float): Seconds to wait for another holder.

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

    The first signal in ``stop`` sends SIGTERM to those that run and starts no other, the second one SIGKILL.

    Args:
        jobs (list[Job]): What to run.
        side_by_side (int): Number of processes at a time.
        environment (dict[str, str]): Environment variables of the processes.
        stop (Stop): Entered.
        locks (Sequence[int]): Descriptors of :func:`exclusive`.
        tell (Callable): Called with ``started``, ``finished``, ``failed`` or ``stopped``, and the job.

    Returns:
        dict[str, str]: The reasons of those that failed, by name.
    """
    waiting, running, failures = [job for job in jobs if not job.finished], {}, {}
    signals_sent = 0
    try:
        while running or (waiting and not stop.received):
            while waiting and len(running) < side_by_side and not stop.received:
                job = waiting.pop(0)
                missing = [path for path in job.needs if not path.is_file()]
                if missing:
                    failures[job.name] = f'not started: {missing[0]}, which it needs, is not there'
                    tell('failed', job)
                else:
                    running[job] = start(job, environment, locks)
                    tell('started', job)
            if len(stop.received) > signals_sent:
                for process in running.values():
                    process.kill() if signals_sent else process.terminate()
                signals_sent = len(stop.received)
            for job, process in list(running.items()):
                if process.poll() is not None:
                    process.stdin.close()
                    del running[job]
                    event = 'finished' if job.finished else 'stopped' if stop.received else 'failed'
                    if event == 'failed':
                        failures[job.name] = reason(job, process.returncode)
                    tell(event, job)
            time.sleep(POLL_SECONDS)
    finally:
        for process in running.values():  # after an exception of our own
            process.kill()
            process.wait()
    return failures


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
