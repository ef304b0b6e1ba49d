"""The schedule of a run for another number of iterations."""

from collections.abc import Iterator
from typing import Any

from mmengine.config import Config

from ...utils import ConfigError
from ...utils.settings import setting

# What mmengine's schedulers count in iterations, with the least that works. A warm-up needs two: its first iteration
# has the start factor, and mmengine would stay there after a single one.
LEAST = dict(T_max=1, begin=2, end=2, milestones=1, periods=1, step_size=1, total_steps=2)
PROPORTIONAL = ('train_cfg.val_interval', 'default_hooks.sample_grid.interval', 'default_hooks.chain_reward.interval')
AT_MOST_ALL = ('default_hooks.checkpoint.interval', 'default_hooks.logger.interval')


def require_iterations(config: Config) -> None:
    """A run's length and its schedules must be in iterations, which alone make an exact ``--resume`` possible."""
    train_cfg = config.get('train_cfg') or {}
    if train_cfg.pop('by_epoch', False) or 'max_epochs' in train_cfg:
        raise ConfigError(
            'train_cfg counts epochs (by_epoch=True or max_epochs) but runs count iterations; set '
            'train_cfg.max_iters and train_cfg.val_interval, where an epoch is the number of images over the batch size'
        )
    for key, scheduler in _schedulers(config.get('param_scheduler') or []):
        by_iteration = scheduler.get('by_epoch', True) is False or scheduler.get('convert_to_iter_based')
        if not by_iteration and 'Plateau' not in str(scheduler['type']):  # which waits for evaluations
            raise ConfigError(
                f'{key} ({scheduler["type"]}) counts epochs but runs count iterations, so it would never change '
                'anything; add by_epoch=False and give its lengths in iterations'
            )


def _schedulers(node: dict | list, key: str = 'param_scheduler') -> Iterator[tuple[str, dict]]:
    """Every scheduler's config by its dotted key."""
    if isinstance(node, dict) and 'type' in node:
        yield key, node
        return
    for name, part in node.items() if isinstance(node, dict) else enumerate(node or ()):
        yield from _schedulers(part, f'{key}.{name}')


def schedule(config: Config, max_iters: int) -> dict[str, Any]:
    """Overrides, as for ``--cfg-options``, that run ``config`` for ``max_iters`` iterations, at least 1.

    In proportion to ``train_cfg.max_iters`` are the lengths in ``param_scheduler`` and the intervals of evaluations,
    sample grids and chain rewards. The intervals of logs and checkpoints stay, but are no longer than the run.
    """
    old = config.train_cfg.get('max_iters')
    if not old:
        raise ConfigError(
            f'train_cfg.max_iters of {config.filename} is missing; set the length in iterations, for a '
            'run to be fitted to a budget of time'
        )
    if not isinstance(max_iters, int) or max_iters < 1:
        raise ConfigError(f'train_cfg.max_iters is {max_iters!r}; expected a whole number of 1 or more')
    overrides = {'train_cfg.max_iters': max_iters}
    for key in PROPORTIONAL:
        if interval := setting(config, key):
            overrides[key] = _scaled(interval, max_iters / old, 1)
    for key in AT_MOST_ALL:
        if interval := setting(config, key):
            overrides[key] = min(interval, max_iters)
    return overrides | dict(_scheduler_lengths(config.get('param_scheduler') or {}, old, max_iters))


def follow_length(config: Config, old: int, overrides: dict[str, Any]) -> None:
    """Fit the schedules of ``config``, made for ``old`` iterations, to its ``train_cfg.max_iters``, in place.

    ``overrides``, which are merged, have changed it. What they set themselves stays: an interval, or all of
    ``param_scheduler`` if they name any part of it.
    """
    new = config.train_cfg.max_iters
    config.train_cfg.max_iters = old
    chosen = list(_leaves(overrides))
    if any(key.split('.')[0] == 'param_scheduler' for key in chosen):
        chosen.append('param_scheduler')
    own = tuple(f'{name}.' for name in chosen if name != 'train_cfg.max_iters')
    config.merge_from_dict(
        {key: value for key, value in schedule(config, new).items() if not f'{key}.'.startswith(own)}
    )


def _leaves(overrides: dict, prefix: str = '') -> Iterator[str]:
    """The dotted keys of all values, those in nested dicts included."""
    for name, value in overrides.items():
        if isinstance(value, dict):
            yield from _leaves(value, f'{prefix}{name}.')
        else:
            yield f'{prefix}{name}'


def _scaled(value: Any, factor: float, least: int) -> Any:
    """A length times ``factor``, at least ``least``. 0 stays 0; what is no number is left for mmengine to refuse."""
    if not isinstance(value, (int, float)):
        return value
    return max(least, round(value * factor)) if value else 0


def _scheduler_lengths(
    node: dict | list, old: int, new: int, path: str = 'param_scheduler'
) -> Iterator[tuple[str, int | list[int]]]:
    """Every length below ``node``, by its dotted key, for ``new`` iterations instead of ``old``."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        name = f'{path}.{key}'
        if key in LEAST:
            lengths = [_scaled(one, new / old, LEAST[key]) for one in (value if isinstance(value, list) else [value])]
            if key == 'begin':  # mmengine ends a schedule with the run
                lengths = [min(length, new - 1) if isinstance(length, int) else length for length in lengths]
            yield name, lengths if isinstance(value, list) else lengths[0]
        elif isinstance(value, (dict, list)):
            yield from _scheduler_lengths(value, old, new, name)
