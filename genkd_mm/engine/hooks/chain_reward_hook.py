"""The reward of fresh chains, measured the same way in every run."""

from collections.abc import Sequence

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS

from ...models import EBMGenerator
from ...models.criteria import build_criteria, weighted_cost
from ...utils import ConfigError, unwrapped
from ..runner.access import metrics_of, networks_of, require_ebm_generator


@HOOKS.register_module()
class ChainRewardHook(Hook):
    """Logs the mean reward of fresh chains, c(x_0) - c(x_n), at intervals and at the end.

    The chains are the same at every measurement and in every run of the same config, because their random numbers have
    a seed of their own. Runs with and without ``PolicyGradientHook`` therefore compare.
    Logged as ``val/chain/reward``, ``val/chain/cost`` (c(x_n)) and each criterion's mean at x_n.

    Args:
        criteria (list[dict]): Criteria with weights, whose weighted sum is c.
        num_chains (int): Number of chains, of balanced classes. Defaults to 200.
        interval (int): Iterations between two measurements. Defaults to 1000.
    """

    priority = 'LOW'  # after PolicyGradientHook; LoggerHook writes val/ metrics at the next validation

    def __init__(self, criteria: Sequence[dict], num_chains: int = 200, interval: int = 1000) -> None:
        self.criteria = build_criteria(criteria, 'ChainRewardHook.criteria')
        self.num_chains = num_chains
        self.interval = interval

    def before_run(self, runner: Runner) -> None:
        """Bind the networks that the criteria use."""
        model = unwrapped(runner.model)
        require_ebm_generator(runner, 'ChainRewardHook')
        if any(criterion.needs_networks for criterion in self.criteria) and not hasattr(model, 'teachers'):
            raise ConfigError(
                'ChainRewardHook.criteria need a teacher and a student but the model has none; '
                'use criteria of the pixels alone'
            )
        self.networks = networks_of(runner)
        for criterion in self.criteria:
            criterion.bind(self.networks)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Measure at intervals and after the last iteration."""
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            metrics = self.measure(require_ebm_generator(runner, 'ChainRewardHook'))
            metrics_of(runner).chain_reward = metrics['reward']
            for name, value in metrics.items():
                runner.message_hub.update_scalar(f'val/chain/{name}', value)
            shown = ', '.join(f'{name} {value:.4f}' for name, value in metrics.items())
            runner.logger.info(f'{self.num_chains} fresh chains: {shown}')

    def measure(self, generator: EBMGenerator) -> dict[str, float]:
        """``reward``, ``cost`` and each criterion's mean, of new chains."""
        self.networks.forget()
        labels = torch.arange(self.num_chains, device=generator.device) % generator.num_classes
        with torch.random.fork_rng(devices=[generator.device] if generator.device.type == 'cuda' else []):
            torch.manual_seed(0)
            start = generator.draw_start(self.num_chains)
            with torch.no_grad():
                end, _ = generator.sampler.run(
                    generator.energy, start, labels if generator.conditional else None, generator.to_classifier
                )
        before, _ = weighted_cost(self.criteria, generator.to_classifier(start), labels)
        after, metrics = weighted_cost(self.criteria, generator.to_classifier(end), labels)
        self.networks.forget()
        return dict(
            reward=(before - after).mean().item(),
            cost=after.mean().item(),
            **{name: value.item() for name, value in metrics.items()},
        )
