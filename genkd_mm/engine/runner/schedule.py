"""The schedule of a run for another number of iterations."""

from mmengine.config import Config

from ...utils import ConfigError

LENGTHS = ('T_max', 'begin', 'end', 'milestones', 'step_size', 'total_iters')
EVALUATIONS = 8


def schedule(config: Config, max_iters: int) -> dict:
    """Overrides that run ``config`` for ``max_iters`` iterations, with its schedules in proportion.

    Args:
        config (Config): With ``train_cfg.max_iters``.
        max_iters (int): The new length, at least 1.

    Returns:
        dict: For ``--cfg-options``: ``train_cfg.max_iters``; ``train_cfg.val_interval`` for eight evaluations; the
        lengths in ``param_scheduler``; intervals of sample grids and chain rewards for two each.

    Raises:
        ConfigError: If the config's length is not in iterations, or ``max_iters`` is below 1.
    """
    old = config.train_cfg.get('max_iters')
    if not old:
        raise ConfigError(
            f'train_cfg.max_iters of {config.filename} is missing; set the length in iterations, for a '
            'run to be fitted to a budget of time'
        )
    if max_iters < 1:
        raise ConfigError(f'max_iters is {max_iters}; expected 1 or more')
    overrides = {'train_cfg.max_iters': max_iters, 'train_cfg.val_interval': max(1, max_iters // EVALUATIONS)}
    for hook in ('sample_grid', 'chain_reward'):
        if hook in config.default_hooks:
            overrides[f'default_hooks.{hook}.interval'] = max(1, max_iters // 2)
    return {**overrides, **_scaled(config.get('param_scheduler') or {}, 'param_scheduler', max_iters / old)}


def _scaled(node: dict | list, path: str, factor: float) -> dict:
    """Every length below ``node``, by its dotted key, times ``factor``; what is above 0 stays at least 1."""

    def times(value: int) -> int:
        return max(1, round(value * factor)) if value else 0

    overrides = {}
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key in LENGTHS:
            overrides[f'{path}.{key}'] = [*map(times, value)] if isinstance(value, list) else times(value)
        elif isinstance(value, (dict, list)):
            overrides.update(_scaled(value, f'{path}.{key}', factor))
    return overrides
