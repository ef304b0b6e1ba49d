"""The process group of a run."""

import gc
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as torch_dist
from mmengine.device import get_device
from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.dist.utils import init_dist

from ...utils import ConfigError

LAUNCHERS = {
    'pytorch': (('RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT'), 'torchrun, as tools/dist_train.sh does'),
    'slurm': (('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_NODELIST'), 'srun, as tools/slurm_train.sh does'),
    'mpi': (('OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE'), 'mpirun'),
}


@contextmanager
def process_group(launcher: str, dist_cfg: dict | None = None) -> Iterator[None]:
    """A process group for the runs inside, of one process if there is no launcher.

    mmrazor's data-free algorithms need wrapped models, which mmengine makes only in a process group.

    Args:
        launcher (str): none, pytorch, slurm or mpi.
        dist_cfg (dict, optional): ``env_cfg.dist_cfg`` of the config: backend (gloo without a GPU) and timeout.
    """
    if torch_dist.is_initialized():
        yield
        return
    dist_cfg = {'backend': 'nccl' if get_device() == 'cuda' else 'gloo', **(dist_cfg or {})}
    if launcher != 'none':
        require_launcher(launcher)
        try:
            init_dist(launcher, **dist_cfg)
        except torch_dist.DistNetworkError as error:
            if 'EADDRINUSE' not in str(error):
                raise
            raise ConfigError(
                f'The port {os.environ.get("MASTER_PORT")} is in use; set another one, as PORT for '
                'tools/dist_train.sh, or as MASTER_PORT'
            ) from error
    else:
        os.environ.update(LOCAL_RANK='0', RANK='0', WORLD_SIZE='1')
        for name in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS'):  # one process has the machine; mmengine would say 1
            os.environ.setdefault(name, str(torch.get_num_threads()))
        backend = dist_cfg['backend'] if get_device() == 'cuda' else 'gloo'
        torch_dist.init_process_group(backend, store=torch_dist.HashStore(), rank=0, world_size=1)
    try:
        yield
    except SystemExit as stopped:  # its traceback holds the run that it ended
        traceback.clear_frames(stopped.__traceback__)
        raise
    finally:
        end_process_group()


def from_main_process(function: Callable[[], Any]) -> Any:
    """What ``function`` returns, or the ConfigError that it raises, on the main process; on every rank, which all must
    ask.
    """
    answer: list[Any] = [None]
    if is_main_process():
        try:
            answer = [function()]
        except ConfigError as error:
            answer = [error]
    broadcast_object_list(answer)
    if isinstance(answer[0], ConfigError):
        raise answer[0]
    return answer[0]


def require_launcher(launcher: str) -> None:
    """What a launcher tells its processes must be there."""
    names, how = LAUNCHERS[launcher]
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise ConfigError(
            f'--launcher is {launcher!r} but {missing[0]} is not set, so {how.split()[0]} did not start this '
            f'process; start it with {how}, or leave --launcher out'
        )


def end_process_group() -> None:
    """Destroy the process group, and what still holds it.

    Wrapped models in reference cycles hold gloo's threads. Left to the interpreter's end, those can abort the process
    (SIGABRT) once the other ranks have gone.
    """
    torch_dist.destroy_process_group()
    gc.collect()
