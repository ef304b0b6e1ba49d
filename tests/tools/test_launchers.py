"""The launch scripts, one machine, two machines, Slurm: what they start, and a run that starts so."""

import os
import socket
import subprocess
from pathlib import Path

import pytest
from torch.distributed.run import parse_args

from ..processes import PythonProcess, environment

TOOLS = Path(__file__).parents[2] / 'tools'
SCRIPTS = ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh', 'slurm_test.sh']


def free_port() -> str:
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return str(free.getsockname()[1])


@pytest.fixture
def launch(tmp_path):
    """Runs a script; returns the arguments that it gives to ``python`` or ``srun``, which are started no further."""
    (tmp_path / 'bin').mkdir()
    for name in ('python', 'srun'):
        (tmp_path / 'bin' / name).write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/started\n')
        (tmp_path / 'bin' / name).chmod(0o755)

    def run(script: str, *args, **variables: str) -> list[str]:
        env = {**os.environ, **variables, 'PATH': f'{tmp_path}/bin:{os.environ["PATH"]}'}
        subprocess.run(['bash', str(TOOLS / script), *map(str, args)], env=env, check=True)
        return (tmp_path / 'started').read_text().split('\n')[:-1]

    return run


@pytest.mark.parametrize('node', [0, 1])
@pytest.mark.parametrize('script, files', [('dist_train.sh', ['config.py']), ('dist_test.sh', ['config.py', 'x.pth'])])
def test_torchrun_gets_the_machine_and_the_tool(launch, script, files, node):
    port = free_port()
    machine = dict(NNODES='2', NODE_RANK=str(node), MASTER_ADDR='127.0.0.1', PORT=port)
    module, name, *arguments = launch(script, *files, 4, '--work-dir', 'a b', **machine)
    assert (module, name) == ('-m', 'torch.distributed.run')
    given = parse_args(arguments)
    assert (given.nnodes, given.node_rank, given.nproc_per_node) == ('2', node, '4')
    assert (given.master_addr, given.master_port) == ('127.0.0.1', int(port))
    tool = str(TOOLS / script.removeprefix('dist_').replace('.sh', '.py'))
    assert [given.training_script, *given.training_script_args] == [
        *[tool, *files, '--launcher', 'pytorch', '--work-dir', 'a b']
    ]


RESOURCES = {
    *'--partition=gpu --job-name=job --gres=gpu:2 --ntasks=2 --ntasks-per-node=2'.split(),
    *'--kill-on-bad-exit=1 --exclusive'.split(),
}


def test_srun_gets_the_resources_and_starts_tasks_that_train_together(launch, tmp_path):
    config, work = tmp_path / 'teacher.py', tmp_path / 'work'
    config.write_text(
        f'_base_ = [{str(TOOLS.parent / "configs/teachers/resnet18_digits.py")!r}]\n'
        'model = dict(backbone=dict(stem_channels=4, base_channels=4), head=dict(in_channels=32))\n'
    )
    options = ['--cfg-options', 'train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'train_dataloader.batch_size=8']
    arguments = launch('slurm_train.sh', 'gpu', 'job', config, work, *options, GPUS='2', SRUN_ARGS='--exclusive')
    python = arguments.index('python')
    assert RESOURCES <= set(arguments[:python]) and arguments[python + 1] == '-u'
    job = dict(SLURM_NTASKS='2', SLURM_NODELIST='localhost', MASTER_ADDR='127.0.0.1', MASTER_PORT=free_port())
    tasks = [
        PythonProcess(*arguments[python + 2 :], env=environment(SLURM_PROCID=task, SLURM_LOCALID=task, **job))
        for task in '01'
    ]
    for task in tasks:
        done = task.wait()
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    assert 'GPU number: 2' in next(work.glob('*/*.log')).read_text() and (work / 'final.pth').is_file()


def test_srun_gets_an_evaluation(launch):
    job = ('gpu', 'job', 'config.py', 'x.pth', '--work-dir', 'a b')
    arguments = launch('slurm_test.sh', *job, GPUS='2', SRUN_ARGS='--exclusive')
    python = arguments.index('python')
    assert RESOURCES <= set(arguments[:python])
    command = ['-u', str(TOOLS / 'test.py'), 'config.py', 'x.pth', '--launcher', 'slurm', '--work-dir', 'a b']
    assert arguments[python + 1 :] == command


@pytest.mark.parametrize('script', SCRIPTS)
def test_too_few_arguments_show_the_usage(script):
    done = subprocess.run(['bash', str(TOOLS / script), 'config.py'], capture_output=True, text=True)
    assert done.returncode == 2 and 'usage: ' in done.stderr
