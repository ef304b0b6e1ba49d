"""What one step of the policy gradient costs, in units of one chain of 20 steps."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...models.losses import ESTIMATORS, advantages, maximum_likelihood_loss, policy_gradient_loss
from ...samplers import LangevinSampler
from ...structures import Trajectory
from ...utils import Precision
from . import setting
from .timing import interleaved, ratio, spread

WINDOW = 5


def scoring(energy: nn.Module, window: Trajectory, rewards: Tensor, estimator: str) -> Callable[[], Tensor]:
    """The objective of ``estimator`` for a chain's last states, in the hook's default precision; returns the loss."""
    marginal = estimator == 'marginal'
    precision = Precision('float32' if estimator == 'finite_difference' else 'auto', '')
    advantage = advantages(rewards[:1] if marginal else rewards, 'leave_one_out')

    def loss() -> Tensor:
        with precision.autocast(rewards.device):
            return policy_gradient_loss(estimator, energy, window, advantage)

    return loss


def measure(widen_factor: int, size: int, rounds: int) -> dict:
    """Each estimator's objective and backward pass with K = 5, with and without the likelihood term beside it.

    The chain is the one that the run makes anyway; the reward's passes of teacher and student are not in it, for they
    depend on those networks (``iteration`` has them). Precisions are the defaults of sampler and hook.
    """
    images, labels = setting.batch(size)
    energy = setting.energy(widen_factor)
    sampler = LangevinSampler(20, setting.STEP_SIZE, setting.NOISE_STD)
    _, window = sampler.run(energy, images, labels, lambda x: x, WINDOW)
    rewards = torch.randn(WINDOW, size, device=images.device)

    def step(estimator: str, likelihood: bool) -> Callable[[], None]:
        objective = scoring(energy, window, rewards, estimator)

        def run() -> None:
            energy.zero_grad()
            loss = objective()
            if likelihood:
                with Precision('auto', '').autocast(images.device):
                    both = energy(torch.cat([images, window.final]), labels.repeat(2))
                loss = loss + maximum_likelihood_loss(*both.chunk(2))[0]
            loss.backward()

        return run

    names = list(ESTIMATORS)
    contenders = dict(chain20=lambda: sampler.run(energy, images, labels, lambda x: x))
    contenders.update({name: step(name, False) for name in names})
    contenders.update({f'{name} and likelihood': step(name, True) for name in names})
    times = interleaved(contenders, rounds)
    shares = {name: ratio(values, times['chain20']) for name, values in times.items() if name != 'chain20'}
    fastest = min(names, key=lambda name: shares[name]['median'])
    return dict(
        network=f'WRN-10-{widen_factor}, smooth, norm-free',
        images=size,
        window=WINDOW,
        chain20_seconds=spread(times['chain20']),
        over_chain20=shares,
        fastest=fastest,
        fastest_over_chain20=shares[fastest],
    )
