"""mmengine's EMAHook: the average of the weights survives a stop, bit for bit."""

import pytest
import torch

from genkd_mm.apis import train

from .teacher_run import Crash, load, teacher_run
from .test_resume import same

EMA = dict(type='EMAHook', momentum=0.2)


def teacher(work, stop_before=None):
    config = teacher_run(work, stop_before=stop_before)
    config.custom_hooks = [EMA, *config.get('custom_hooks', [])]
    return config


def averages(path):
    """Weights, average and what else is averaged of a checkpoint."""
    checkpoint = load(path)
    return checkpoint['state_dict'], checkpoint['ema_state_dict']


def test_a_teachers_average(tmp_path):
    alone, stopped = tmp_path / 'alone', tmp_path / 'stopped'
    train(teacher(alone))
    with pytest.raises(Crash):
        train(teacher(stopped, stop_before=4))
    train(teacher(stopped), resume=True)
    weights, average = averages(alone / 'iter_6.pth')
    assert not torch.equal(weights['head.fc.weight'], average['module.head.fc.weight'])
    same((weights, average), averages(stopped / 'iter_6.pth'))


def test_a_distillations_average(tiny, tmp_path):
    def make(work, stop_before=None):
        config = tiny(**{'default_hooks.checkpoint.interval': 2, 'train_cfg.max_iters': 4})
        config.work_dir = str(work)
        config.custom_hooks = [EMA, *([dict(type='Stop', before=stop_before)] if stop_before else [])]
        return config

    alone, stopped = tmp_path / 'alone', tmp_path / 'stopped'
    train(make(alone))
    with pytest.raises(Crash):
        train(make(stopped, stop_before=4))
    train(make(stopped), resume=True)
    same(averages(alone / 'iter_4.pth'), averages(stopped / 'iter_4.pth'))
    assert len(averages(alone / 'iter_4.pth')[1]) == len(averages(alone / 'iter_4.pth')[0]) + 1
