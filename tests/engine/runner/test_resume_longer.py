"""A run that resumes with another length, schedule or learning rate than it began with."""

import pytest
from mmrazor.registry import HOOKS

from genkd_mm.apis import train

from .teacher_run import Rates, load, teacher_run

HALF, WHOLE = {'train_cfg.max_iters': 3}, {'train_cfg.max_iters': 6}


@pytest.fixture(autouse=True)
def rates():
    Rates.seen = {}
    return Rates.seen


def run(work, resume=False, **overrides):
    config = teacher_run(work, **{'train_cfg.val_interval': 6, **overrides})
    config.custom_hooks = [dict(type='Rates')]
    return train(config, resume=resume)


@pytest.mark.parametrize('lengths', [dict(T_max=6), {}])  # what changes is the scheduler's end, or its T_max too
def test_the_rate_goes_on_as_if_the_run_had_been_long_from_the_start(tmp_path, rates, lengths):
    def part(work, length, resume=False):
        config = teacher_run(work, **{'train_cfg.max_iters': length, 'train_cfg.val_interval': 6})
        config.param_scheduler = dict(type='CosineAnnealingLR', by_epoch=False, **lengths)
        config.custom_hooks = [dict(type='Rates')]
        return train(config, resume=resume)

    part(tmp_path / 'alone', 6)
    alone = dict(rates)
    rates.clear()
    part(tmp_path / 'work', 3)
    part(tmp_path / 'work', 6, resume=True)
    assert [rates[step] for step in (4, 5, 6)] == pytest.approx([alone[step] for step in (4, 5, 6)], rel=1e-12)
    assert rates[6] < rates[4]


def test_a_changed_optimizer_is_followed_and_told(tmp_path, rates):
    run(tmp_path, **HALF)
    changes = {'optim_wrapper.optimizer.lr': 0.5, 'optim_wrapper.optimizer.weight_decay': 0.125}
    runner = run(tmp_path, resume=True, **WHOLE, **changes)
    assert rates[4] == pytest.approx(0.5 / 2)  # half of the cosine
    assert runner.optim_wrapper.param_groups[0]['weight_decay'] == 0.125
    log = next(tmp_path.glob(f'{runner.timestamp}/*.log')).read_text()
    assert 'optim_wrapper.optimizer.lr is 0.5 (was 0.05)' in log and 'train_cfg.max_iters is 6 (was 3)' in log


def test_a_rate_that_the_guard_has_lowered_stays_lowered(tmp_path, rates):
    @HOOKS.register_module(force=True)
    class Lower(Rates):
        def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
            if runner.iter + 1 == 2:
                guard = next(hook for hook in runner.hooks if type(hook).__name__ == 'DivergenceGuardHook')
                guard._go_back(runner, runner.iter, 'a test', energy_alone=False)

    config = teacher_run(tmp_path, **HALF)
    config.custom_hooks = [dict(type='Lower')]
    train(config)
    run(tmp_path, resume=True, **WHOLE)
    assert rates[4] == pytest.approx(0.05 / 2 / 2)  # half of the cosine, and lowered once


def test_the_same_config_takes_the_checkpoints_schedule_and_says_nothing(tmp_path):
    run(tmp_path, **WHOLE)
    runner = run(tmp_path, resume=True, **WHOLE)
    log = next(tmp_path.glob(f'{runner.timestamp}/*.log')).read_text()
    assert 'The config differs' not in log
    assert runner.param_schedulers[0].state_dict()['_global_step'] == 6
    assert load(tmp_path / 'iter_6.pth')['param_schedulers'][0]['end'] == 6
