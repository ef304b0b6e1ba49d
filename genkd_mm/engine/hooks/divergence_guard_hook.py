"""What happens when training diverges."""

import math
from typing import Any

import torch
from mmengine.device import get_device
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS
from torch.nn.utils import get_total_norm

from ...utils import ConfigError, TrainingError
from ..runner.access import generator_of, unwrapped
from ..runner.snapshot import Snapshot, optimizers, scale_learning_rate

GAP = 'energy_gap'


@HOOKS.register_module()
class DivergenceGuardHook(Hook):
    """Watches for values that are not finite and for a runaway energy gap, and goes back to the last good state.

    After each iteration, on all ranks together: if a logged figure or a trained parameter is not finite, or
    ``|mean f(x+) - mean f(x-)|`` is above ``max_energy_gap``, then parameters, buffers and optimizers are those of the
    last snapshot again, the chains visited since restart (from the prior's, if one was loaded), and the learning rate
    falls: that of the energy for a gap, every one for values that are not finite. Each event is logged; their list is
    in the message hub, and so in checkpoints, as ``divergence_events``.

    Args:
        max_energy_gap (float): In nats; about 1 is healthy. Defaults to 50.0.
        snapshot_interval (int): Iterations between two snapshots. Defaults to 50.
        lr_factor (float): Factor of the learning rate at an event, in (0, 1). Defaults to 0.5.
        max_events (int): The event after so many stops the run. Defaults to 5.

    Raises:
        ConfigError: If an argument is out of range.
        TrainingError: At the event after ``max_events``.
    """

    priority = 'BELOW_NORMAL'  # after the updates, before schedulers and checkpoints

    def __init__(
        self, max_energy_gap: float = 50.0, snapshot_interval: int = 50, lr_factor: float = 0.5, max_events: int = 5
    ) -> None:
        if not (max_energy_gap > 0 and snapshot_interval >= 1 and 0 < lr_factor < 1 and max_events >= 0):
            raise ConfigError(
                f'DivergenceGuardHook has max_energy_gap={max_energy_gap}, snapshot_interval={snapshot_interval}, '
                f'lr_factor={lr_factor}, max_events={max_events}; expected above 0, 1 or more, between 0 and 1, and 0 '
                'or more'
            )
        self.max_energy_gap = max_energy_gap
        self.snapshot_interval = snapshot_interval
        self.lr_factor = lr_factor
        self.max_events = max_events
        self._logged: dict[str, int] = {}

    def before_train(self, runner: Runner) -> None:
        """Take the first snapshot."""
        self._fresh_figures(runner)
        self._take_snapshot(runner, runner.iter)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Look, and go back if need be."""
        figures = self._fresh_figures(runner)
        broken = self._not_finite(runner, figures)
        gaps = [
            f'{tag} is {value:.1f} nats, beyond {self.max_energy_gap}'
            for tag, value in figures.items()
            if tag.endswith(GAP) and abs(value) > self.max_energy_gap
        ]
        seen = torch.tensor([bool(broken), bool(gaps)], dtype=torch.int32, device=get_device())
        all_reduce(seen, 'max')
        if seen.any():
            what = '; '.join(broken + gaps) or 'another process has diverged'
            self._go_back(runner, what, energy_alone=not seen[0])
        elif self.every_n_train_iters(runner, self.snapshot_interval):
            self._take_snapshot(runner, runner.iter + 1)

    def _take_snapshot(self, runner: Runner, iteration: int) -> None:
        self._snapshot = Snapshot(runner)
        self._snapshot_iter = iteration
        buffer = getattr(_generator(runner), 'replay_buffer', None)
        if buffer is not None:
            buffer.commit()

    def _fresh_figures(self, runner: Runner) -> dict[str, float]:
        """The training figures that have been logged since the last call."""
        fresh = {}
        for tag, history in runner.message_hub.log_scalars.items():
            if tag.startswith('train/') and len(history.data[0]) != self._logged.get(tag, 0):
                self._logged[tag] = len(history.data[0])
                fresh[tag] = float(history.current())
        return fresh

    @staticmethod
    def _not_finite(runner: Runner, figures: dict[str, float]) -> list[str]:
        """What is not finite, in words."""
        broken = [f'{tag} is {value}' for tag, value in figures.items() if not math.isfinite(value)]
        for name, child in unwrapped(runner.model).named_children():
            trained = [parameter.detach() for parameter in child.parameters() if parameter.requires_grad]
            if trained and not get_total_norm(trained).isfinite():
                broken.append(f'parameters of the {name} are not finite')
        return broken

    def _go_back(self, runner: Runner, what: str, energy_alone: bool) -> None:
        events = [*runner.message_hub.get_info('divergence_events', []), dict(iter=runner.iter + 1, what=what)]
        runner.message_hub.update_info('divergence_events', events)
        names = [name for name, _ in optimizers(runner) if not energy_alone or name in ('', 'generator')]
        rates = {name: dict(optimizers(runner))[name].param_groups[0]['lr'] for name in names}
        if len(events) > self.max_events:
            raise TrainingError(
                f'Training has diverged {len(events)} times, now at iteration {runner.iter + 1}: {what}. Look at '
                f'{_keys(names)} (now {", ".join(f"{rate:.2g}" for rate in rates.values())}): lower it; or raise '
                "energy_penalty, sampler.num_steps or DivergenceGuardHook.max_events; if a teacher's figures are not "
                'finite, look at its checkpoint and its dtype'
            )
        self._snapshot.restore(runner)
        lowered = [scale_learning_rate(runner, name, self.lr_factor) for name in names]
        factors = runner.message_hub.get_info('lr_factors', {})
        factors |= {name: factors.get(name, 1.0) * self.lr_factor for name in names}
        runner.message_hub.update_info('lr_factors', factors)
        generator = _generator(runner)
        restarted = generator.restart_unsettled_chains() if hasattr(generator, 'restart_unsettled_chains') else 0
        runner.logger.warning(
            f'Diverged at iteration {runner.iter + 1} (event {len(events)} of at most {self.max_events}): {what}. '
            f'Back to the state of iteration {self._snapshot_iter}, {restarted} chains restarted, {_keys(names)} now '
            f'{", ".join(f"{rate:.2g}" for rate in lowered)}'
        )


def _generator(runner: Runner) -> Any:
    generator = generator_of(runner)
    return None if generator is None else unwrapped(generator)


def _keys(names: list[str]) -> str:
    return ' and '.join('.'.join(filter(None, ('optim_wrapper', name, 'optimizer.lr'))) for name in names)
