"""The launch scripts: one machine, two machines, Slurm."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Starts a task for each of --ntasks on this machine, with the variables that Slurm sets; none if SRUN_ONLY_LOG is set.
SRUN = """#!/usr/bin/env bash
printf '%s\\n' "$@" > "$SRUN_LOG"
[ -n "${SRUN_ONLY_LOG:-}" ] && exit
while [ "$1" != python ]; do
  case $1 in --ntasks=*) tasks=${1#*=} ;; esac
  shift
done
for i in $(seq 0 $((tasks - 1))); do
  SLURM_PROCID=$i SLURM_LOCALID=$i SLURM_NTASKS=$tasks SLURM_NODELIST=localhost "$@" &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || exit 1; done
"""
OPTIONS = ['--cfg-options', 'train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'train_dataloader.batch_size=8']


@pytest.fixture
def environment(tmp_path):
    srun = tmp_path / 'bin' / 'srun'
    srun.parent.mkdir()
    srun.write_text(SRUN)
    srun.chmod(0o755)
    return dict(
        os.environ,
        PYTHONPATH=str(ROOT),
        OMP_NUM_THREADS='1',
        SRUN_LOG=str(tmp_path / 'srun.txt'),
        PATH=f'{srun.parent}:{os.environ["PATH"]}',
        MASTER_ADDR='127.0.0.1',
    )


@pytest.fixture
def config(tmp_path):
    """A short run of a small teacher."""
    path = tmp_path / 'teacher.py'
    path.write_text(
        f'_base_ = [{str(ROOT / "configs/teachers/resnet18_digits.py")!r}]\n'
        'model = dict(backbone=dict(stem_channels=4, base_channels=4), head=dict(in_channels=32))\n'
    )
    return path


def start(script, *args, env):
    return subprocess.Popen(
        ['bash', str(ROOT / 'tools' / script), *map(str, args)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process):
    output, _ = process.communicate(timeout=200)
    assert process.returncode == 0, output[-3000:]
    return output


def free_port(offset):
    return str(21000 + (os.getpid() * 7 + offset) % 8000)


def test_two_machines(config, environment, tmp_path):
    nodes = [
        start(
            'dist_train.sh',
            config,
            1,
            '--work-dir',
            tmp_path / 'work',
            *OPTIONS,
            env=dict(environment, NNODES='2', NODE_RANK=str(node), PORT=free_port(0)),
        )
        for node in (0, 1)
    ]
    for node in nodes:
        finish(node)
    log = next((tmp_path / 'work').glob('*/*.log')).read_text()
    assert 'Distributed training: True' in log and 'GPU number: 2' in log
    assert (tmp_path / 'work' / 'final.pth').is_file()


def test_slurm_trains_and_starts_an_evaluation(config, environment, tmp_path):
    env = dict(environment, GPUS='2', SRUN_ARGS='--exclusive', MASTER_PORT=free_port(1))
    finish(start('slurm_train.sh', 'gpu', 'job', config, tmp_path / 'work', *OPTIONS, env=env))
    resources = (
        '--partition=gpu --job-name=job --gres=gpu:2 --ntasks=2 --ntasks-per-node=2 --kill-on-bad-exit=1'.split()
    )
    assert {*resources, '--exclusive'} <= set((tmp_path / 'srun.txt').read_text().split('\n'))
    log = next((tmp_path / 'work').glob('*/*.log')).read_text()
    assert 'GPU number: 2' in log and (tmp_path / 'work/final.pth').is_file()
    # the same call with tools/test.py, whose run on two processes test_distributed_runs.py has
    evaluation = ('gpu', 'job', config, 'final.pth', '--work-dir', 'eval')
    finish(start('slurm_test.sh', *evaluation, env=dict(env, SRUN_ONLY_LOG='1')))
    asked = (tmp_path / 'srun.txt').read_text().split()
    assert set(resources) <= set(asked)
    command = [ROOT / 'tools/test.py', config, 'final.pth', '--launcher', 'slurm', '--work-dir', 'eval']
    assert asked[-7:] == list(map(str, command))


@pytest.mark.parametrize('script', ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh', 'slurm_test.sh'])
def test_too_few_arguments_show_the_usage(script, environment):
    process = start(script, 'config.py', env=environment)
    output, _ = process.communicate()
    assert process.returncode == 2 and 'usage: ' in output
