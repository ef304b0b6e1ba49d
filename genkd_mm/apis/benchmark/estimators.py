"""How much of the policy gradient's estimators is signal: each against the exact gradient of the expected reward.

The reward is R = log p_T(y | x_n), the teacher's log-probability of the class that a chain was drawn for. With a
differentiable teacher its expected value has a gradient g in the energy's parameters that needs no score function:
through the chain's steps (the pathwise gradient). An estimate is a mean over N chains, or over groups of chains. Its
signal-to-noise ratio is s^2 / (E |estimate|^2 - s^2), with s the length of its expected value along g: a wrong scale
costs nothing, a wrong direction is noise. The ratio grows as N, so that the ratio for one chain tells the whole
curve. An estimator without bias has s = |g|; of the others s is measured. With ``sampler.noise_block`` above 1 all have
a bias, for the score then sees a part of each step.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from mmengine.config import Config
from torch import Tensor, nn

from ...engine.runner.config import in_scope, load_config
from ...models import EBMGenerator
from ...models.losses import advantages, policy_gradient_loss, step_rewards
from ...models.networks import build_generator
from ...models.student import read_classifier
from ...samplers import langevin_chain
from ...structures import Trajectory
from ...structures.pixels import to_pixels
from ...utils import evaluating, frozen, read_checkpoint, save_json
from ...visualization.curves import draw_signal_to_noise
from ..export_onnx import PixelClassifier

Reward = Callable[[Tensor, Tensor], Tensor]
REWARD_FLOOR, ADVANTAGE_CEILING, TEMPERATURE = -6.0, 3.0, 1.0
SIBLINGS, CHAINS_PER_START = 4, 5  # four noises for each start, and the negative of the first


class Chains(NamedTuple):
    """Whole chains, ``CHAINS_PER_START`` of the same start after another."""

    trajectory: Trajectory  # with all n steps in its window
    rewards: Tensor  # r of every state, x_0 included, shape (n + 1, N)
    labels: Tensor  # class of each chain, shape (N,)


def run_chains(generator: EBMGenerator, reward: Reward, starts: int) -> Chains:
    """Chains from ``starts`` starts of balanced classes."""
    sampler, energy = generator.sampler, generator.energy
    images, labels = draw_starts(generator, starts, CHAINS_PER_START)

    def noise() -> Tensor:
        drawn = sampler.draw_noise(images).unflatten(0, (starts, CHAINS_PER_START))
        drawn[:, -1] = -drawn[:, 0]
        return drawn.flatten(0, 1)

    steps = sampler.num_steps
    with frozen(energy):
        _, states, noises = langevin_chain(
            lambda x: energy(x, labels),
            images,
            sampler.step_sizes,
            sampler.noise_stds,
            range(steps),
            noises=[noise() for _ in range(steps)],
            clamp_from=sampler.clamp_from,
        )
    path = torch.stack(states)
    with torch.no_grad():
        rewards = torch.stack([reward(state, labels) for state in path])
    schedule = torch.tensor([sampler.step_sizes, sampler.noise_stds, [1.0] * steps])
    return Chains(Trajectory(path, torch.stack(noises), *schedule, labels, path[-1]), rewards, labels)


def draw_starts(generator: EBMGenerator, starts: int, repeats: int) -> tuple[Tensor, Tensor]:
    """x_0 and class of chains, each ``repeats`` times."""
    labels = torch.arange(starts) % generator.num_classes
    images = generator.replay_buffer.starts(generator.replay_buffer.draw(labels))
    return images.repeat_interleave(repeats, 0), labels.repeat_interleave(repeats)


def gradient(loss: Tensor, network: nn.Module) -> Tensor:
    """The gradient in all parameters as one vector; 0 where the loss does not reach."""
    parameters = list(network.parameters())
    found = torch.autograd.grad(loss, parameters, allow_unused=True)
    return torch.cat([(torch.zeros_like(p) if g is None else g).flatten() for p, g in zip(parameters, found)])


def pathwise_gradients(generator: EBMGenerator, reward: Reward, number: int, batch: int = 20) -> Tensor:
    """The gradient of -E[R] through the chain, from each of ``number`` / ``batch`` batches."""
    sampler, energy, found = generator.sampler, generator.energy, []
    for _ in range(number // batch):
        images, labels = draw_starts(generator, batch, 1)
        end, _, _ = langevin_chain(
            lambda x, labels=labels: energy(x, labels),
            images,
            sampler.step_sizes,
            sampler.noise_stds,
            create_graph=True,
            noises=[sampler.draw_noise(images) for _ in sampler.step_sizes],
            clamp_from=sampler.clamp_from,
        )
        found.append(gradient(-reward(end, labels).mean(), energy))
    return torch.stack(found)


def chain_gradients(energy: nn.Module, chains: Chains, credit: Tensor, estimator: str = 'autograd') -> Tensor:
    """What each chain adds to the estimate with that ``credit`` (K, N) of its steps, shape (N, parameters)."""
    return torch.stack(
        [
            gradient(policy_gradient_loss(estimator, energy, chains.trajectory.select(one), credit[:, one]), energy)
            for one in torch.arange(len(chains.labels))[:, None]
        ]
    )


class Units(NamedTuple):
    """What an estimator is the mean of."""

    gradients: Tensor  # one independent part in a row, shape (units, parameters)
    chains: int = 1  # in a unit
    queries: int = 1  # for each chain
    unbiased: bool = True  # whether the expected value is the exact gradient


def contributions(energy: nn.Module, chains: Chains) -> Iterator[tuple[str, Units]]:
    """The units of every estimator; the largest are made only when they are asked for."""
    end, states = chains.rewards[-1:], len(chains.rewards)
    by_class = dict(baseline='leave_one_out', classes=chains.labels)

    own, rest = step_rewards(-chains.rewards), end - chains.rewards[:-1]
    for name, rewards in (('own effect of each step', own), ('rest of the chain', rest)):
        credit = advantages(rewards, **by_class)
        some = torch.arange(len(chains.labels)) % CHAINS_PER_START < 2  # a pass of its own for each credit
        chosen = Chains(chains.trajectory.select(some), chains.rewards[:, some], chains.labels[some])
        yield name, Units(chain_gradients(energy, chosen, credit[:, some]), 1, states, rewards is rest)

    score = chain_gradients(energy, chains, torch.ones_like(chains.rewards[1:]))

    def weighted(credit: Tensor) -> Tensor:
        return credit[0][:, None] * score

    def siblings(chosen: list[int]) -> Tensor:
        rewards = end.unflatten(1, (-1, CHAINS_PER_START))[..., chosen].flatten(1)
        credit = advantages(rewards, 'leave_one_out', classes=torch.arange(rewards.shape[1]) // len(chosen))
        units = score.unflatten(0, (-1, CHAINS_PER_START))[:, chosen]
        return (credit[0].view(-1, len(chosen), 1) * units).mean(1)

    clipped = advantages(end.clamp_min(REWARD_FLOOR), normalize=True, clip=ADVANTAGE_CEILING, **by_class)
    yield 'end', Units(weighted(advantages(end, **by_class)))
    yield 'end, one baseline for all classes', Units(weighted(advantages(end, 'leave_one_out')))
    yield 'end, normalised and clipped', Units(weighted(clipped), unbiased=False)
    yield 'end, two siblings', Units(siblings([0, 1]), 2)
    yield 'end, four siblings', Units(siblings(list(range(SIBLINGS))), SIBLINGS)
    # the other's reward is no independent baseline: it doubles the signal
    yield 'end, e and -e', Units(siblings([0, CHAINS_PER_START - 1]) / 2, 2)

    final = chain_gradients(energy, chains, torch.ones_like(end), 'marginal')
    yield 'marginal', Units(advantages(end, **by_class)[0][:, None] * final, unbiased=False)
    yield 'reward-weighted likelihood', Units(reward_weights(chains)[0][:, None] * final, unbiased=False)


def reward_weights(chains: Chains) -> Tensor:
    """N_y softmax(R / temperature) - 1 over the chains of a class, shape (1, N): exp(R) against the chains' own."""
    member = F.one_hot(chains.labels).float()
    weights = (chains.rewards[-1] / TEMPERATURE).exp()
    return (weights * (member @ (member.sum(0) / (weights @ member))) - 1)[None]


def signal_to_noise(units: Units, direction: Tensor, length: float) -> dict[str, float]:
    """The ratios for one chain and for one query, and s / |g| with its standard error: about 1 without bias."""
    along = units.gradients @ direction
    found, error = along.mean().item(), (along.std() / len(along) ** 0.5).item()
    signal = length if units.unbiased else found
    noise = units.gradients.square().sum(1).mean().item() - signal**2
    ratio = max(signal, 0.0) ** 2 / noise / units.chains
    return dict(
        ratio_per_chain=ratio,
        ratio_per_query=ratio / units.queries,
        signal_over_exact=found / length,
        signal_error=error / length,
    )


def teacher_reward(teacher: nn.Module) -> Reward:
    """R of images (N, C, H, W) in [-1, 1] and classes (N,), with a gradient; the teacher maps pixels to logits."""

    def reward(images: Tensor, labels: Tensor) -> Tensor:
        with evaluating(teacher), frozen(teacher):
            return -F.cross_entropy(teacher(to_pixels(images)), labels, reduction='none')

    return reward


def measure(generator: EBMGenerator, reward: Reward, starts: int, exact: int) -> dict:
    """The signal-to-noise ratio of every estimator.

    Args:
        generator (EBMGenerator): With the chains to start from.
        reward (Callable): R of images and classes, with a gradient in the images.
        starts (int): Starts of the chains that are scored, five from each.
        exact (int): Chains of the pathwise gradient.
    """
    torch.manual_seed(0)
    batches = pathwise_gradients(generator, reward, exact)
    mean, error = batches.mean(0), batches.var(0).sum() / len(batches)
    length = (mean.square().sum() - error).clamp_min(0).sqrt().item()
    direction = mean / mean.norm()
    chains = run_chains(generator, reward, starts)
    whole_score = generator.sampler.noise_block == 1
    estimators = {
        name: signal_to_noise(units._replace(unbiased=units.unbiased and whole_score), direction, length)
        for name, units in contributions(generator.energy, chains)
    }
    return dict(
        num_steps=generator.sampler.num_steps,
        noise_std=generator.sampler.noise_stds[0],
        noise_block=generator.sampler.noise_block,
        chains=len(chains.labels),
        exact_chains=exact,
        exact_error_share=(error / mean.square().sum()).item(),
        mean_reward=chains.rewards[-1].mean().item(),
        estimators=estimators,
    )


@in_scope
def measure_prior(
    config: Config, checkpoint: str, teacher: str, teacher_checkpoint: str, out: str, starts: int, exact: int
) -> dict:
    """:func:`measure` on a prior's checkpoint and a teacher's, written to ``out`` and drawn beside it."""
    content = read_checkpoint(checkpoint, 'The checkpoint argument')
    generator, _ = build_generator(config, content, checkpoint)
    generator.replay_buffer.load_state_dict(content['chains'], checkpoint)
    network = PixelClassifier(read_classifier(load_config(teacher), teacher_checkpoint)).eval()
    found = measure(generator, teacher_reward(network), starts, exact)
    save_json(out, found)
    draw_signal_to_noise(found, Path(out).with_suffix('.png'))
    return found
