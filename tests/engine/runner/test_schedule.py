"""A config's schedule for another number of iterations."""

import pytest
from mmengine.config import Config

from genkd_mm.engine.runner.schedule import schedule
from genkd_mm.utils import ConfigError


def config(param_scheduler, **train_cfg) -> Config:
    return Config(
        dict(train_cfg=train_cfg, param_scheduler=param_scheduler, default_hooks=dict(sample_grid=dict(interval=50)))
    )


def test_lengths_keep_their_proportion():
    old = config(
        [dict(type='LinearLR', start_factor=0.01, end=100), dict(type='CosineAnnealingLR', begin=100, T_max=900)],
        max_iters=1000,
    )
    old.merge_from_dict(schedule(old, 2000))
    assert old.train_cfg == dict(max_iters=2000, val_interval=250)
    assert [dict(part) for part in old.param_scheduler] == [
        dict(type='LinearLR', start_factor=0.01, end=200),
        dict(type='CosineAnnealingLR', begin=200, T_max=1800),
    ]
    assert old.default_hooks.sample_grid.interval == 1000


def test_schedules_by_optimizer_and_milestones():
    old = config(dict(architecture=dict(type='MultiStepLR', milestones=[500, 800]), generator=[]), max_iters=1000)
    assert schedule(old, 100)['param_scheduler.architecture.milestones'] == [50, 80]


def test_short_runs_keep_lengths_of_one():
    old = config(dict(type='CosineAnnealingLR', begin=0, T_max=100), max_iters=1000)
    new = schedule(old, 3)
    assert (new['param_scheduler.T_max'], new['param_scheduler.begin'], new['train_cfg.val_interval']) == (1, 0, 1)


def test_a_length_in_epochs_is_refused():
    with pytest.raises(ConfigError, match='train_cfg.max_iters of .* is missing'):
        schedule(config([], max_epochs=3), 100)
