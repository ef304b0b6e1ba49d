"""Python processes for tests, which start at once: importing torch and OpenMMLab takes eight seconds.

The first one starts multiprocessing's fork server, which imports the package once. Each process is a fork of it.
"""

import multiprocessing
import os
import runpy
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import genkd_mm

CHILD = Path(__file__).with_name('forked_child.py')
SERVER = multiprocessing.get_context('forkserver')
SERVER.set_forkserver_preload(['genkd_mm.apis'])


def environment(**variables: str) -> dict[str, str]:
    """This process's variables, one thread, no GPU, and the package in the path; with ``variables``."""
    path = os.pathsep.join(filter(None, (str(Path(genkd_mm.__file__).parents[1]), os.environ.get('PYTHONPATH'))))
    return {**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': '', **variables}


class PythonProcess:
    """``python ARGUMENTS`` that has been started: a script, ``-m MODULE`` or ``-c CODE``, with arguments of its own."""

    def __init__(self, *arguments, cwd=None, env: dict[str, str] | None = None) -> None:
        self.arguments = [str(argument) for argument in arguments]
        self._folder = tempfile.TemporaryDirectory()  # goes with this object
        self._outputs = [Path(self._folder.name, name) for name in ('stdout', 'stderr')]
        request = dict(
            arguments=self.arguments,
            cwd=str(cwd or Path.cwd()),
            env=env or environment(),
            outputs=[str(path) for path in self._outputs],
        )
        self.process = SERVER.Process(target=runpy.run_path, args=(str(CHILD), dict(REQUEST=request)))
        self.process.start()

    def wait(self, timeout: float = 600) -> subprocess.CompletedProcess:
        """The process after its end, with what it has printed; killed if it takes longer than ``timeout`` seconds."""
        self.process.join(timeout)
        if self.process.exitcode is None:
            self.process.kill()
            raise subprocess.TimeoutExpired(self.arguments, timeout)
        output, errors = (path.read_text() if path.is_file() else '' for path in self._outputs)
        return subprocess.CompletedProcess(self.arguments, self.process.exitcode, output, errors)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.join()

    @property
    def output(self) -> str:
        """What it has printed until now."""
        return self._outputs[0].read_text() if self._outputs[0].is_file() else ''

    def wait_for(self, condition, timeout: float = 600) -> None:
        """Until ``condition()`` is true; fails if the process ends before."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert self.process.is_alive() and time.monotonic() < deadline, self.wait(1).stderr[-3000:]
            time.sleep(0.002)


def run_python(*arguments, cwd=None, env: dict[str, str] | None = None, timeout: float = 600):
    """``python ARGUMENTS`` after its end."""
    return PythonProcess(*arguments, cwd=cwd, env=env).wait(timeout)


def start_ranks(*arguments, number: int = 2, **options) -> list[PythonProcess]:
    """``number`` processes of one group, as torchrun starts them on one machine, but none ends because another did."""
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        address = dict(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(free.getsockname()[1]), WORLD_SIZE=str(number))
    return [
        PythonProcess(*arguments, env=environment(RANK=str(rank), LOCAL_RANK=str(rank), **address), **options)
        for rank in range(number)
    ]


def run_ranks(*arguments, timeout: float = 600, **options) -> list[subprocess.CompletedProcess]:
    """The processes of :func:`start_ranks` after their end, which was a good one."""
    done = [process.wait(timeout) for process in start_ranks(*arguments, **options)]
    for process in done:
        assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-4000:]
    return done
