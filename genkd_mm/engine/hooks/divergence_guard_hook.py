"""What happens when training diverges."""

import numpy as np
import torch
from mmengine.device import get_device
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS
from torch.nn.utils import get_total_norm

from ...utils import ConfigError, TrainingError, unwrapped
from ..runner.access import buffer_of, generator_of, metrics_of
from ..runner.snapshot import Snapshot, optimizers, scale_learning_rate

GAP = 'energy_gap'


@HOOKS.register_module()
class DivergenceGuardHook(Hook):
    """Watches for values that are not finite and for a runaway energy gap, and goes back to the last good state.

    Every ``interval`` iterations, and before a snapshot, a checkpoint or an evaluation, on all ranks together: if a
    metric that has been logged since the last look or a trained parameter is not finite, or
    ``|mean f(x+) - mean f(x-)|`` is above ``max_energy_gap``, then parameters, buffers and optimizers are those of the
    last snapshot again, the chains visited since restart (from the prior's, if one was loaded), and the learning rate
    falls: that of the energy for a gap, every one for values that are not finite. Each event is logged; their list is
    in the run's metrics, and so in checkpoints, as ``divergence_events``.

    Args:
        max_energy_gap (float): In nats; about 1 is healthy. Defaults to 50.0.
        snapshot_interval (int): Iterations between two snapshots. Defaults to 50.
        lr_factor (float): Factor of the learning rate at an event, in (0, 1). Defaults to 0.5.
        max_events (int): The event after so many stops the run. Defaults to 5.
        interval (int): Iterations between two looks, each of which waits for the GPU. Defaults to 10.

    Raises:
        ConfigError: If an argument is out of range.
        TrainingError: At the event after ``max_events``.
    """

    priority = 'BELOW_NORMAL'  # after the updates, before schedulers and checkpoints

    def __init__(
        self,
        max_energy_gap: float = 50.0,
        snapshot_interval: int = 50,
        lr_factor: float = 0.5,
        max_events: int = 5,
        interval: int = 10,
    ) -> None:
        if not (min(interval, snapshot_interval) >= 1 and max_energy_gap > 0 and 0 < lr_factor < 1 and max_events >= 0):
            raise ConfigError(
                f'DivergenceGuardHook has max_energy_gap={max_energy_gap}, snapshot_interval={snapshot_interval}, '
                f'lr_factor={lr_factor}, max_events={max_events}, interval={interval}; expected above 0, 1 or more, '
                'between 0 and 1, 0 or more, and 1 or more'
            )
        self.interval = interval
        self.max_energy_gap = max_energy_gap
        self.snapshot_interval = snapshot_interval
        self.lr_factor = lr_factor
        self.max_events = max_events
        self._logged: dict[str, int] = {}
        self._looked_at: int | None = None  # the iteration; None before training

    def before_train(self, runner: Runner) -> None:
        """Take the first snapshot."""
        self._fresh_metrics(runner)
        self._take_snapshot(runner, runner.iter)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Look if it is time to, and take a snapshot of what is good."""
        snapshot = self.every_n_train_iters(runner, self.snapshot_interval)
        if not snapshot and not self.every_n_train_iters(runner, self.interval):
            return
        if self.look(runner, runner.iter + 1) and snapshot:
            self._take_snapshot(runner, runner.iter + 1)

    def before_val(self, runner: Runner) -> None:
        """Look before the student is evaluated."""
        if self._looked_at is not None:
            self.look(runner, runner.iter)

    def look(self, runner: Runner, iteration: int) -> bool:
        """Look at the state after so many iterations, unless that was done, and go back if need be.

        Returns:
            bool: Whether all is well.
        """
        if iteration == self._looked_at:
            return True
        self._looked_at = iteration
        metrics = self._fresh_metrics(runner)
        broken = self._not_finite(runner, metrics)
        gaps = [
            f'{tag} is {worst:.1f} nats, beyond {self.max_energy_gap}'
            for tag, values in metrics.items()
            if tag.endswith(GAP) and abs(worst := max(values, key=abs)) > self.max_energy_gap
        ]
        generator = generator_of(runner)
        if hasattr(generator, 'count_broken_chains') and (count := generator.count_broken_chains()):
            runner.logger.warning(f'{count} chains were not finite and have been restarted')
        seen = torch.tensor([bool(broken), bool(gaps)], dtype=torch.int32, device=get_device())
        all_reduce(seen, 'max')
        of_any_rank = seen.tolist()
        if any(of_any_rank):
            what = '; '.join(broken + gaps) or 'another process has diverged'
            self._go_back(runner, iteration, what, energy_alone=not of_any_rank[0])
        return not any(of_any_rank)

    def _take_snapshot(self, runner: Runner, iteration: int) -> None:
        self._snapshot = Snapshot(runner)
        self._snapshot_iter = self._looked_at = iteration
        buffer = buffer_of(runner)
        if buffer is not None:
            buffer.commit()

    def _fresh_metrics(self, runner: Runner) -> dict[str, np.ndarray]:
        """The training metrics that have been logged since the last call, if any, by name."""
        fresh = {}
        for tag, history in runner.message_hub.log_scalars.items():
            values = history.data[0]
            if tag.startswith('train/') and len(values) != self._logged.get(tag, 0):
                fresh[tag] = values[self._logged.get(tag, 0) :]
                self._logged[tag] = len(values)
        return fresh

    @staticmethod
    def _not_finite(runner: Runner, metrics: dict[str, np.ndarray]) -> list[str]:
        """What is not finite, in words."""
        broken = [
            f'{tag} is {values[~np.isfinite(values)][0]}'
            for tag, values in metrics.items()
            if not np.isfinite(values).all()
        ]
        for name, child in unwrapped(runner.model).named_children():
            trained = [parameter.detach() for parameter in child.parameters() if parameter.requires_grad]
            if trained and not get_total_norm(trained).isfinite():
                broken.append(f'parameters of the {name} are not finite')
        return broken

    def _go_back(self, runner: Runner, iteration: int, what: str, energy_alone: bool) -> None:
        metrics = metrics_of(runner)
        events, factors = metrics.divergence_events, metrics.rate_factors
        events.append(dict(iter=iteration, what=what))
        names = [name for name, _ in optimizers(runner) if not energy_alone or name in ('', 'generator')]
        rates = {name: dict(optimizers(runner))[name].param_groups[0]['lr'] for name in names}
        if len(events) > self.max_events:
            raise TrainingError(
                f'Training has diverged {len(events)} times, now at iteration {iteration}: {what}. Look at '
                f'{_keys(names)} (now {", ".join(f"{rate:.2g}" for rate in rates.values())}): lower it; or raise '
                "energy_penalty, sampler.num_steps or DivergenceGuardHook.max_events; if a teacher's metrics are not "
                'finite, look at its checkpoint and its dtype'
            )
        self._snapshot.restore(runner)
        lowered = [scale_learning_rate(runner, name, self.lr_factor) for name in names]
        factors.update({name: factors.get(name, 1.0) * self.lr_factor for name in names})
        generator = generator_of(runner)
        restarted = generator.restart_unsettled_chains() if hasattr(generator, 'restart_unsettled_chains') else 0
        runner.logger.warning(
            f'Diverged at iteration {iteration} (event {len(events)} of at most {self.max_events}): {what}. '
            f'Back to the state of iteration {self._snapshot_iter}, {restarted} chains restarted, {_keys(names)} now '
            f'{", ".join(f"{rate:.2g}" for rate in lowered)}'
        )


def _keys(names: list[str]) -> str:
    return ' and '.join('.'.join(filter(None, ('optim_wrapper', name, 'optimizer.lr'))) for name in names)
