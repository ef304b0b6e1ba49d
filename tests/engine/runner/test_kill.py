"""SIGKILL at any moment, a save included: nothing is lost, and the end is the same."""

import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

import genkd_mm

from .test_resume import compare

# Imports once, then forks a run for each line it reads: 'WORK_DIR'. The run tells its iterations and file
# synchronisations on standard output, and lingers a little in the latter, so that a kill can fall into a save.
SERVER = """
import os, sys, time
import genkd_mm
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.apis import train

def tell(event):
    os.write(3, (event + '\\n').encode())

@HOOKS.register_module()
class Tell(Hook):
    def before_train_iter(self, runner, batch_idx, data_batch=None):
        tell('iteration')

fsync = os.fsync
def slow_fsync(descriptor):
    tell('save')
    time.sleep(0.05)
    fsync(descriptor)

os.dup2(1, 3)
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.fsync = slow_fsync
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        with process_group('none'):
            config = load_config(sys.argv[1], work_dir=line.strip())
            train(config, resume=True)
        tell('end')
        os._exit(0)
    tell(f'pid {child}')
    status = os.waitpid(child, 0)[1]
    tell(f'died {status}')
"""


class Server:
    """Starts runs and hears of their progress."""

    def __init__(self, folder: Path, config: Path) -> None:
        script = folder / 'server.py'
        script.write_text(SERVER)
        env = dict(os.environ, PYTHONPATH=str(Path(genkd_mm.__file__).parents[1]), OMP_NUM_THREADS='1')
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=open(folder / 'stderr.txt', 'w'),
            env=env,
            bufsize=0,
        )

    def start(self, work: Path) -> int:
        self.process.stdin.write(f'{work}\n'.encode())
        return int(self.hear('pid').split()[1])

    def hear(self, event: str) -> str:
        """The next line of that kind; one that the run has died says so in its place."""
        while True:
            ready, _, _ = select.select([self.process.stdout], [], [], 60)
            assert ready, 'the run is silent'
            line = self.process.stdout.readline().decode().strip()
            if line.startswith((event, 'died')):
                return line


@pytest.fixture
def server(tiny, tmp_path):
    config = tiny(
        **{
            'train_cfg.max_iters': 40,
            'train_cfg.val_interval': 15,
            'default_hooks.checkpoint.interval': 2,
            'default_hooks.sample_grid.interval': 50,
            'default_hooks.chain_reward.interval': 50,
        }
    )
    config.custom_hooks = [dict(type='Tell')]
    config.pop('work_dir')
    config.dump(tmp_path / 'config.py')
    server = Server(tmp_path, tmp_path / 'config.py')
    yield server
    server.process.kill()


def test_ten_kills_lose_nothing(server, tmp_path):
    alone, killed = tmp_path / 'alone', tmp_path / 'killed'
    server.start(alone)
    assert server.hear('died') == 'died 0', (tmp_path / 'stderr.txt').read_text()[-3000:]
    dice = random.Random(0)
    found = []
    for kill in range(10):
        child = server.start(killed)
        event = 'save' if kill % 3 == 1 else 'iteration'
        for _ in range(dice.randint(1, 4)):
            assert server.hear(event) == event
        time.sleep(dice.uniform(0, 0.04))
        found.append(any(killed.glob('*.tmp')))
        os.kill(child, signal.SIGKILL)
        assert server.hear('died') == 'died 9'
    assert any(found)  # at least one kill fell into a save
    server.start(killed)
    assert server.hear('died') == 'died 0', (tmp_path / 'stderr.txt').read_text()[-3000:]
    compare(alone, killed, 40)
    summaries = [json.loads((work / 'summary.json').read_text()) for work in (alone, killed)]
    for name in ('student_top1', 'pseudo_samples', 'chain_reward'):
        assert summaries[0][name] == summaries[1][name]
    finals = [torch.load(work / 'final.pth', weights_only=True) for work in (alone, killed)]
    assert all(torch.equal(value, finals[1]['state_dict'][name]) for name, value in finals[0]['state_dict'].items())
