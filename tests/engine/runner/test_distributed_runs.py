"""Whole runs on two gloo processes, and between one process and two."""

import json
import shutil
import signal
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

import genkd_mm
from genkd_mm.apis import train
from genkd_mm.engine.runner.config import load_config

from ...processes import run_ranks, start_ranks
from .test_resume import compare

ROOT = Path(genkd_mm.__file__).parents[1]
# Runs in each of two processes. argv: config, folder of the work dirs; 'one' holds a run of one process.
SCRIPT = """
import json, signal, sys
from pathlib import Path
import torch
from mmengine.dist import all_gather_object, get_rank
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS
import genkd_mm
from genkd_mm.utils import unwrapped
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.apis import train

config_path, folder = sys.argv[1], Path(sys.argv[2])
labels = []

@HOOKS.register_module()
class Watch(Hook):
    def __init__(self, stop=None):
        self.stop = stop

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        labels.append([int(sample.gt_label) for sample in data_batch['data_samples']])
        if self.stop == runner.iter + 1 and get_rank() == 1:
            signal.raise_signal(signal.SIGTERM)

def run(name, iters=6, resume=False, stop=None):
    config = load_config(config_path, {'train_cfg.max_iters': iters}, str(folder / name))
    config.custom_hooks = [dict(type='Watch', stop=stop)]
    return train(config, 'pytorch', resume)

def everywhere(value):
    return all_gather_object(value)

with process_group('pytorch'):
    # ranks: the same parameters, other chains, other classes
    model = unwrapped(run('two').model)
    generator = unwrapped(model.generator)
    one, other = everywhere([p.detach() for p in model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(one, other)), 'parameters differ between ranks'
    assert all(torch.isfinite(a).all() for a in one)
    assert len(generator.replay_buffer) == 50
    chains = everywhere(generator.replay_buffer.states)
    assert not (chains[0] == chains[1]).flatten(1).all(1).any(), 'ranks share a chain'
    first, second = everywhere(labels)
    assert first != second and len(first) == 6

    # a signal to one rank ends both, with one checkpoint; resumed, they end as if left alone
    try:
        run('stopped', stop=4)
    except SystemExit as ended:
        codes = everywhere(ended.code)
    assert codes == [143, 143]
    run('stopped', resume=True)

    # what one process began goes on with two
    stored = torch.load(folder / 'one' / 'iter_6.pth', weights_only=True)['chains']['states']
    model = unwrapped(run('one', resume=True).model)  # nothing is left to do
    chains = torch.stack(everywhere(unwrapped(model.generator).replay_buffer.states))
    by_class = chains.view(2, 10, 5, -1).transpose(0, 1).reshape(100, -1)
    assert torch.equal(by_class, stored.flatten(1)), 'a chain was lost'
    run('one', iters=7, resume=True)
"""


@pytest.fixture
def config_file(tiny, tmp_path):
    config = tiny(
        **{
            'train_cfg.max_iters': 6,
            'train_cfg.val_interval': 3,
            'default_hooks.checkpoint.interval': 3,
            'default_hooks.sample_grid.interval': 50,
            'default_hooks.chain_reward.interval': 50,
        }
    )
    config.pop('work_dir')
    config.dump(tmp_path / 'config.py')
    return tmp_path / 'config.py'


def test_two_processes_agree_and_hand_over_to_one_and_back(config_file, tiny, tmp_path):
    def alone(name, iters, resume=False):
        return train(load_config(str(config_file), {'train_cfg.max_iters': iters}, str(tmp_path / name)), resume=resume)

    alone('one', 6)
    script = tmp_path / 'script.py'
    script.write_text(SCRIPT)
    run_ranks(script, config_file, tmp_path)
    compare(tmp_path / 'two', tmp_path / 'stopped', 6)
    assert (tmp_path / 'one' / 'iter_7.pth').is_file()
    logs = [log.read_text() for log in sorted((tmp_path / 'one').glob('*/*.log'))]
    assert 'The checkpoint is of 1 processes and this run has 2' in logs[-1]

    # what two processes began goes on with one
    stored = torch.load(tmp_path / 'two' / 'iter_6.pth', weights_only=True)
    shutil.copytree(tmp_path / 'two', tmp_path / 'handed_over')
    runner = alone('handed_over', 6, resume=True)  # nothing is left to do
    buffer = runner.model.module.generator.module.replay_buffer
    assert torch.equal(buffer.states, stored['chains']['states'])
    assert alone('handed_over', 8, resume=True).iter == 8
    draws = [
        torch.load(tmp_path / 'handed_over' / f'iter_{step}.pth', weights_only=True)['loop']['draws'] for step in (6, 8)
    ]
    assert draws == [120, 140]  # 6 iterations of 2 x 10 classes, then 2 of 10


PEER = """
import os, signal, sys
import genkd_mm
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS

@HOOKS.register_module()
class Die(Hook):
    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == 4 and get_rank() == 1:
            os.kill(os.getpid(), signal.SIGKILL)

sys.argv = sys.argv[1:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
import runpy
runpy.run_path(sys.argv[0], run_name='__main__')
"""


def test_when_a_process_dies_the_other_ends_with_the_reason(config_file, tmp_path):
    script = tmp_path / 'peer.py'
    script.write_text(PEER)
    add_hook(config_file, dict(type='Die'))
    train_py = (ROOT / 'tools/train.py', config_file, '--launcher', 'pytorch', '--work-dir', tmp_path / 'work')
    first, second = start_ranks(script, *train_py)  # not torchrun, which would end the other itself
    assert second.wait().returncode == -signal.SIGKILL
    left = first.wait()
    assert left.returncode == 1
    sentence = next(line for line in left.stderr.splitlines() if line.startswith('error: '))
    assert 'Process 0 of 2 has lost another one' in sentence and 'iter_3.pth' in sentence


def add_hook(config_file, hook):
    config = Config.fromfile(config_file)
    config.custom_hooks = [hook]
    config.dump(config_file)


def test_evaluation_on_two_processes_is_that_of_one(config_file, tmp_path):
    train(load_config(str(config_file), None, str(tmp_path / 'work')))
    expected = json.loads((tmp_path / 'work' / 'summary.json').read_text())['student_top1']
    checkpoint, work_dir = tmp_path / 'work/final.pth', tmp_path / 'eval'
    first, _ = run_ranks(
        ROOT / 'tools/test.py', config_file, checkpoint, '--launcher', 'pytorch', '--work-dir', work_dir
    )
    assert f'accuracy/top1: {expected:.4f}' in first.stdout
