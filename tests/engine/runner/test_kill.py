"""SIGKILL at any moment, a save included: nothing is lost, and the end is the same."""

import json
import random
import time

import pytest
import torch

from ...processes import PythonProcess
from .test_resume import compare

# argv: config, work dir. The run tells its iterations and file synchronisations on standard output, and lingers in the
# latter, so that a kill can fall into a save.
SCRIPT = """
import os, sys, time
import genkd_mm
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.apis import train

@HOOKS.register_module()
class Tell(Hook):
    def before_train_iter(self, runner, batch_idx, data_batch=None):
        os.write(1, b'<iteration>')

fsync = os.fsync
def slow_fsync(descriptor):
    os.write(1, b'<save>')
    time.sleep(0.05)
    fsync(descriptor)

os.fsync = slow_fsync
with process_group('none'):
    train(load_config(sys.argv[1], work_dir=sys.argv[2]), resume=True)
"""


@pytest.fixture
def start(tiny, tmp_path):
    """Factory: a run in a process of its own, in the given work dir, from where the last one there was killed."""
    config = tiny(
        **{
            'train_cfg.max_iters': 20,
            'train_cfg.val_interval': 8,
            'default_hooks.checkpoint.interval': 2,
            'default_hooks.sample_grid.interval': 50,
            'default_hooks.chain_reward.interval': 50,
        }
    )
    config.custom_hooks = [dict(type='Tell')]
    config.pop('work_dir')
    config.dump(tmp_path / 'config.py')
    (tmp_path / 'script.py').write_text(SCRIPT)
    return lambda work: PythonProcess(tmp_path / 'script.py', tmp_path / 'config.py', work)


def finish(process: PythonProcess) -> None:
    done = process.wait()
    assert done.returncode == 0, done.stderr[-3000:]


def test_five_kills_lose_nothing(start, tmp_path):
    alone, killed = tmp_path / 'alone', tmp_path / 'killed'
    finish(start(alone))
    dice = random.Random(0)
    found = []
    for kill in range(5):
        run, event, times = start(killed), '<save>' if kill % 3 == 1 else '<iteration>', dice.randint(1, 4)
        run.wait_for(lambda run=run, event=event, times=times: run.output.count(event) >= times)
        time.sleep(dice.uniform(0, 0.04))
        found.append(any(killed.glob('*.tmp')))
        run.kill()
    assert any(found)  # at least one kill fell into a save
    finish(start(killed))
    compare(alone, killed, 20)
    summaries = [json.loads((work / 'summary.json').read_text()) for work in (alone, killed)]
    for name in ('student_top1', 'pseudo_samples', 'chain_reward'):
        assert summaries[0][name] == summaries[1][name]
    finals = [torch.load(work / 'final.pth', weights_only=True) for work in (alone, killed)]
    assert all(torch.equal(value, finals[1]['state_dict'][name]) for name, value in finals[0]['state_dict'].items())
