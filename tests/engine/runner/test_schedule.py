"""A config's schedule for another number of iterations."""

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import CosineAnnealingLR, LinearLR

from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.schedule import schedule
from genkd_mm.utils import ConfigError

WARM_UP = [dict(type='LinearLR', start_factor=0.01, end=100), dict(type='CosineAnnealingLR', begin=100, T_max=900)]


def config(param_scheduler, **train_cfg) -> Config:
    hooks = dict(
        sample_grid=dict(interval=50), logger=dict(interval=10), checkpoint=dict(interval=300), policy_gradient=None
    )
    return Config(dict(train_cfg=train_cfg, param_scheduler=param_scheduler, default_hooks=hooks))


@pytest.fixture
def load(tmp_path):
    """Factory: a config file of 1,000 iterations, read with overrides."""
    path = tmp_path / 'config.py'
    old = config(WARM_UP, max_iters=1000, val_interval=100)
    path.write_text(f"model = dict(type='GenKD')\n{old.pretty_text}")
    return lambda **overrides: load_config(str(path), overrides)


def test_lengths_keep_their_proportion():
    old = config(WARM_UP, max_iters=1000, val_interval=100)
    old.merge_from_dict(schedule(old, 2000))
    assert old.train_cfg == dict(max_iters=2000, val_interval=200)
    assert [dict(part) for part in old.param_scheduler] == [
        dict(type='LinearLR', start_factor=0.01, end=200),
        dict(type='CosineAnnealingLR', begin=200, T_max=1800),
    ]
    assert old.default_hooks.sample_grid.interval == 100


def test_logs_and_checkpoints_keep_their_interval_up_to_the_length():
    old = config([], max_iters=1000)
    intervals = {name: schedule(old, name) for name in (4000, 200, 5)}
    assert [new['default_hooks.checkpoint.interval'] for new in intervals.values()] == [300, 200, 5]
    assert [new['default_hooks.logger.interval'] for new in intervals.values()] == [10, 10, 5]


def test_schedules_by_optimizer_and_milestones():
    old = config(dict(architecture=dict(type='MultiStepLR', milestones=[500, 800]), generator=[]), max_iters=1000)
    assert schedule(old, 100)['param_scheduler.architecture.milestones'] == [50, 80]


def test_no_length_falls_to_zero():
    old = config(dict(type='CosineAnnealingLR', begin=0, T_max=100), max_iters=1000, val_interval=100)
    new = schedule(old, 3)
    assert (new['param_scheduler.T_max'], new['param_scheduler.begin'], new['train_cfg.val_interval']) == (1, 0, 1)


@pytest.mark.parametrize('max_iters', [1, 2, 5, 40])
def test_a_short_warm_up_ends_at_the_full_rate(max_iters):
    old = config(WARM_UP, max_iters=1000)
    old.merge_from_dict(schedule(old, max_iters))
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    # As Runner builds them, to whose end a schedule lasts that has none of its own.
    warm_up, decay = (dict(end=max_iters) | part.to_dict() for part in old.param_scheduler)
    del warm_up['type'], decay['type']
    schedulers = [LinearLR(optimizer, by_epoch=False, **warm_up), CosineAnnealingLR(optimizer, by_epoch=False, **decay)]
    rates = []
    for _ in range(max_iters):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    assert rates[0] == pytest.approx(0.01) and (max_iters == 1 or max(rates) > 0.9)


def test_overriding_the_length_moves_what_follows_it(load):
    short = load(**{'train_cfg.max_iters': 10})
    assert short.train_cfg == dict(max_iters=10, val_interval=1)
    assert (short.param_scheduler[0].end, short.param_scheduler[1].begin, short.param_scheduler[1].T_max) == (2, 2, 9)
    assert short.default_hooks.checkpoint.interval == 10
    assert 'T_max=9' in short.pretty_text  # what a run writes into its work dir
    nested = load(train_cfg=dict(max_iters=10))
    assert nested.to_dict() == short.to_dict()


def test_what_the_overrides_set_themselves_stays(load):
    chosen = load(**{'train_cfg.max_iters': 10, 'train_cfg.val_interval': 7, 'param_scheduler.1.T_max': 12})
    assert chosen.train_cfg.val_interval == 7
    assert (chosen.param_scheduler[0].end, chosen.param_scheduler[1].T_max) == (100, 12)  # none of the schedulers moves
    assert chosen.default_hooks.sample_grid.interval == 1  # everything else does
    assert load(**{'train_cfg.max_iters': 10, 'param_scheduler': None}).param_scheduler is None


def test_the_same_length_changes_nothing(load):
    assert load(**{'train_cfg.max_iters': 1000}).to_dict() == load().to_dict()


@pytest.mark.parametrize('max_iters', [0, -3, 1.5, 'many'])
def test_a_length_that_is_none(load, max_iters):
    with pytest.raises(ConfigError, match='train_cfg.max_iters is .*; expected a whole number of 1 or more'):
        load(**{'train_cfg.max_iters': max_iters})


def test_a_length_in_epochs_is_refused():
    with pytest.raises(ConfigError, match='train_cfg.max_iters of .* is missing'):
        schedule(config([], max_epochs=3), 100)
