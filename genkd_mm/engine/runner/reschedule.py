"""A run that resumes with another schedule than it began with."""

import copy
import warnings

from mmengine.optim import _ParamScheduler
from mmengine.runner import Runner

from ...visualization.report.configs import ABSENT, differences
from .snapshot import optimizers, scale_learning_rate

TRAINING = (
    'model',
    'optim_wrapper',
    'param_scheduler',
    'auto_scale_lr',
    'train_cfg',
    'train_dataloader',
    'custom_hooks',
)
SCHEDULE = ('optim_wrapper', 'param_scheduler', 'auto_scale_lr', 'train_cfg.max_iters')
SHOWN, LONGEST = 6, 60  # changes in the warning, and characters of a value


def config_changes(old: dict, new: dict) -> dict[str, list]:
    """Dotted keys of the training in which two configs differ, with the old value and the new one.

    Nothing if there is no old config.
    """
    changes = differences([old, new]) if old else {}
    return {key: values for key, values in changes.items() if key.split('.')[0] in TRAINING}


def follows(key: str) -> bool:
    """Whether learning rates or other settings of the optimizers depend on that key."""
    return key.startswith(SCHEDULE)


def told(changes: dict[str, list]) -> str:
    """Changes in words."""
    words = [f'{key} is {_shown(new)} (was {_shown(old)})' for key, (old, new) in changes.items()]
    return ', '.join(words[:SHOWN]) + (f' and {len(words) - SHOWN} more' if len(words) > SHOWN else '')


def _shown(value) -> str:
    text = 'not set' if value is ABSENT else repr(value)
    return text if len(text) <= LONGEST else f'{text[:LONGEST]}...'


class FreshSchedule:
    """Settings of the optimizers and schedulers as a run's config gives them, before a checkpoint is loaded."""

    def __init__(self, runner: Runner) -> None:
        self._groups = {
            name: [
                {key: copy.copy(value) for key, value in group.items() if key != 'params'}
                for group in wrapper.param_groups
            ]
            for name, wrapper in optimizers(runner)
        }
        self._schedulers = [copy.deepcopy(scheduler.state_dict()) for scheduler in _schedulers(runner)]

    def advance(self, runner: Runner, rate_factors: dict[str, float]) -> None:
        """Give a run, at the iteration from which it resumes, the settings that this schedule has after as many.

        The optimizers keep their statistics. ``rate_factors`` are those of ``RunMetrics``.
        """
        for name, wrapper in optimizers(runner):
            for group, settings in zip(wrapper.param_groups, self._groups[name], strict=True):
                group.update(settings)
        schedulers = _schedulers(runner)
        for scheduler, state in zip(schedulers, self._schedulers, strict=True):
            scheduler.load_state_dict(state)
        with warnings.catch_warnings():
            warnings.filterwarnings('ignore', message='Detected call of `scheduler.step')
            for _ in range(runner.iter):
                for scheduler in schedulers:
                    scheduler.step()
        for name, factor in rate_factors.items():
            scale_learning_rate(runner, name, factor)


def _schedulers(runner: Runner) -> list[_ParamScheduler]:
    """Those that count iterations; one that waits for a metric has a state that no config gives."""
    found = runner.param_schedulers or []
    found = [scheduler for group in found.values() for scheduler in group] if isinstance(found, dict) else found
    return [scheduler for scheduler in found if not getattr(scheduler, 'need_val_args', False)]
