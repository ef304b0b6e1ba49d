"""Memory stays where it is: over the steps of a chain and over the iterations of a run."""

import pytest

CHAIN = """
import resource, sys
import torch
import genkd_mm
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS

DefaultScope.get_instance('test', scope_name='mmrazor')
net = dict(_scope_='mmpretrain', type='ImageClassifier', neck=dict(type='GlobalAveragePooling'),
           backbone=dict(type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, base_channels=4),
           head=dict(type='LinearClsHead', num_classes=10, in_channels=16))
generator = MODELS.build(dict(
    type='EBMGenerator', image_shape=(3, 32, 32), energy=dict(type='ClassifierEnergy', classifier=net),
    sampler=dict(type='LangevinSampler', num_steps=int(sys.argv[1])),
    replay_buffer=dict(type='ReplayBuffer', capacity=70)))
generator.init_weights()
with torch.no_grad():
    generator.sample(generator.random_labels(64), window=5)
print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_the_chain_keeps_nothing_of_its_steps(run_python, tmp_path):
    script = tmp_path / 'chain.py'
    script.write_text(CHAIN)
    peaks = []
    for steps in (20, 120):
        done = run_python(script, steps)
        assert done.returncode == 0, done.stderr[-2000:]
        peaks.append(int(done.stdout.split()[-1]))
    # 100 states more, had they been kept, would be 79 MB
    assert peaks[1] == pytest.approx(peaks[0], rel=0.05)


RUN = """
import os, sys
import genkd_mm
from mmengine.hooks import Hook
from mmrazor.registry import HOOKS
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.apis import train

@HOOKS.register_module()
class Memory(Hook):
    used = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        pages = int(open('/proc/self/statm').read().split()[1])
        self.used.append(pages * os.sysconf('SC_PAGE_SIZE'))

with process_group('none'):
    config = load_config(sys.argv[1], work_dir=sys.argv[2])
    config.custom_hooks = [dict(type='Memory')]
    train(config)
print('memory', Memory.used[19], Memory.used[69])
"""


def test_a_run_does_not_grow(tiny, run_python, tmp_path):
    config = tiny(
        **{
            'train_dataloader.batch_size': 100,
            'model.student_iter': 1,
            'model.generator.sampler.num_steps': 2,
            'train_cfg.max_iters': 70,
            'train_cfg.val_interval': 18,
            'default_hooks.checkpoint.interval': 18,
            'default_hooks.chain_reward.interval': 18,
            'default_hooks.sample_grid.interval': 18,
        }
    )
    config.pop('work_dir')
    config.dump(tmp_path / 'config.py')
    script = tmp_path / 'run.py'
    script.write_text(RUN)
    done = run_python(script, tmp_path / 'config.py', tmp_path / 'work')
    assert done.returncode == 0, done.stderr[-2000:]
    early, late = map(int, done.stdout.split()[-2:])
    print(f'{early / 2**20:.0f} MiB after 20 iterations, {late / 2**20:.0f} after 70')
    assert late - early < 5 * 2**20  # one window of a chain kept in each iteration would be 9 MiB
