"""How much of the policy gradient's estimators is signal: each against the exact gradient of the expected reward.

The reward is R = log p_T(y | x_n), the teacher's log-probability of the class that a chain was drawn for. Its expected
value over the chain's noise has a gradient in the energy's parameters that a differentiable teacher gives without a
score function: through the chain's steps (the pathwise gradient). The average of that over many chains, u, is the
reference. An estimate g from N chains is u's multiple plus noise; the signal-to-noise ratio is
(E[g] . u)^2 / E |g - (E[g] . u) u|^2 with |u| = 1, in which a wrong scale costs nothing and a wrong direction counts as
noise.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...models import EBMGenerator
from ...models.losses import advantages, policy_gradient_loss, step_rewards
from ...samplers import langevin_chain
from ...samplers.langevin import standard_normal
from ...structures import Trajectory
from ...utils import evaluating, frozen

Estimate = Callable[['Chains'], tuple[str, Tensor]]  # the estimator of the loss, and the advantages
REWARD_FLOOR, ADVANTAGE_CEILING, TEMPERATURE = -6.0, 3.0, 1.0


class Chains(NamedTuple):
    """A batch of whole chains.

    Attributes:
        trajectory (Trajectory): With all steps in its window.
        rewards (Tensor): R after each step, x_0 included, shape (n + 1, N).
        groups (Tensor): Which chains started from the same state, shape (N,).
    """

    trajectory: Trajectory
    rewards: Tensor
    groups: Tensor


def credit_steps(discount: float) -> Callable[[Chains], Tensor]:
    return lambda chains: step_rewards(-chains.rewards, discount)


def credit_end(chains: Chains, floor: float = -torch.inf) -> Tensor:
    """The final reward for every step, shape (n, N)."""
    return chains.rewards[-1].clamp_min(floor).expand(len(chains.rewards) - 1, -1)


def classes(chains: Chains) -> Tensor:
    assert chains.trajectory.labels is not None
    return chains.trajectory.labels


def reward_weights(chains: Chains, temperature: float) -> Tensor:
    """N_y softmax(R / temperature) - 1 over the chains of a class, shape (1, N): exp(w R) against the chains' own."""
    member = F.one_hot(classes(chains)).float()
    weights = (chains.rewards[-1] / temperature).exp()
    return (weights * (member @ (member.sum(0) / (weights @ member).clamp_min(1e-30))) - 1)[None]


def policy(
    credit: Callable[[Chains], Tensor],
    groups: Callable[[Chains], Tensor | None] = classes,
    normalize: bool = False,
    clip: float | None = None,
) -> Estimate:
    """The exact estimator with a credit for each step and the mean of the other chains of a group as its baseline."""
    return lambda chains: ('autograd', advantages(credit(chains), 'leave_one_out', normalize, groups(chains), clip))


VARIANTS: dict[str, Estimate] = {
    'own effect of a step': policy(credit_steps(0.0)),
    'rest of the chain': policy(credit_steps(1.0)),
    'end': policy(credit_end),
    'end, one baseline for all classes': policy(credit_end, lambda chains: None),
    'end, normalised and clipped': policy(
        lambda chains: credit_end(chains, REWARD_FLOOR), normalize=True, clip=ADVANTAGE_CEILING
    ),
    'end, baseline of the start': policy(credit_end, lambda chains: chains.groups),
    'marginal': lambda chains: ('marginal', advantages(chains.rewards[-1:], 'leave_one_out', classes=classes(chains))),
    'reward-weighted likelihood': lambda chains: ('marginal', reward_weights(chains, TEMPERATURE)),
}
# How chains share their starts: siblings of a start, and whether they come in pairs of e and -e.
DRAWS: dict[str, tuple[int, bool]] = {
    'independent': (1, False),
    'four siblings': (4, False),
    'pairs e and -e': (2, True),
}


def run_chains(
    generator: EBMGenerator, reward: Callable[[Tensor, Tensor], Tensor], number: int, siblings: int, antithetic: bool
) -> Chains:
    """``number`` chains, in groups of ``siblings`` from the same one, with e and -e in pairs."""
    starts, labels, groups = draw_starts(generator, number, siblings)
    sampler, energy = generator.sampler, generator.energy
    noises = [paired(standard_normal(starts), antithetic) for _ in range(sampler.num_steps)]
    with frozen(energy):
        _, states, kept = langevin_chain(
            lambda x: energy(x, labels), starts, sampler.step_sizes, sampler.noise_stds, range(sampler.num_steps),
            noises=noises,
        )  # fmt: skip
    images = torch.stack(states)
    with torch.no_grad():
        rewards = torch.stack([reward(state, labels) for state in images])
    etas, sigmas = torch.tensor(sampler.step_sizes), torch.tensor(sampler.noise_stds)
    trajectory = Trajectory(images, torch.stack(kept), etas, sigmas, labels, images[-1], sampler.num_steps)
    return Chains(trajectory, rewards, groups)


def draw_starts(generator: EBMGenerator, number: int, siblings: int) -> tuple[Tensor, Tensor, Tensor]:
    """Starts of chains, each ``siblings`` times, their classes in turn, and which are of the same state."""
    groups = torch.arange(number // siblings).repeat_interleave(siblings)
    labels = torch.arange(number // siblings) % generator.num_classes
    starts = generator.replay_buffer.starts(generator.replay_buffer.draw(labels))
    return starts[groups], labels[groups], groups


def paired(noise: Tensor, antithetic: bool) -> Tensor:
    """Every second row the negative of the one before."""
    return torch.stack([noise[::2], -noise[::2]], 1).flatten(0, 1) if antithetic else noise


def gradient(loss: Tensor, network: nn.Module) -> Tensor:
    """The gradient in all parameters, one vector; of a parameter that the loss does not reach it is 0."""
    parameters = list(network.parameters())
    found = torch.autograd.grad(loss, parameters, allow_unused=True)
    return torch.cat(
        [(torch.zeros_like(p) if g is None else g).flatten() for p, g in zip(parameters, found, strict=True)]
    )


def pathwise_gradient(
    generator: EBMGenerator, reward: Callable[[Tensor, Tensor], Tensor], number: int, batch: int
) -> tuple[Tensor, float]:
    """The gradient of -E[R] through the chain, and the share of its squared length that is error of the mean."""
    sampler, energy, found = generator.sampler, generator.energy, []
    for _ in range(number // batch):
        starts, labels, _ = draw_starts(generator, batch, 1)
        end, _, _ = langevin_chain(
            lambda x, labels=labels: energy(x, labels),
            starts,
            sampler.step_sizes,
            sampler.noise_stds,
            create_graph=True,
        )
        found.append(gradient(-reward(end, labels).mean(), energy))
    each = torch.stack(found)
    return each.mean(0), (each.var(0).sum() / len(each) / each.mean(0).square().sum()).item()


def variant_gradient(name: str, energy: nn.Module, chains: Chains) -> Tensor:
    """The gradient that the named variant makes of these chains."""
    estimator, advantage = VARIANTS[name](chains)
    return gradient(policy_gradient_loss(estimator, energy, chains.trajectory, advantage), energy)


def signal_to_noise(found: Tensor, reference: Tensor) -> dict[str, float]:
    """``ratio``, as the module's docstring defines it, and the mean ``cosine``, of estimates (repeats, parameters)."""
    direction = reference / reference.norm()
    along = found @ direction
    noise = (found - along.mean() * direction).square().sum(1).mean()
    cosine = (along / found.norm(dim=1)).mean()
    return dict(ratio=(along.mean().square() / noise).item() * along.mean().sign().item(), cosine=cosine.item())


def teacher_reward(generator: EBMGenerator, teacher: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """R of images (N, C, H, W) in [-1, 1] and classes (N,), with a gradient in the images."""

    def reward(images: Tensor, labels: Tensor) -> Tensor:
        with evaluating(teacher), frozen(teacher):
            logits = teacher(generator.to_classifier(images), mode='tensor')
        return -F.cross_entropy(logits, labels, reduction='none')

    return reward


def measure(generator: EBMGenerator, teacher: nn.Module, numbers: Sequence[int], total: int, exact: int) -> dict:
    """The curve of every variant and draw over the number of chains, which is the number of queries of one update.

    Args:
        generator (EBMGenerator): With the chains to start from.
        teacher (nn.Module): With a gradient.
        numbers (Sequence[int]): Chains in one estimate, multiples of 40.
        total (int): Chains in all estimates of one number.
        exact (int): Chains in the reference.
    """
    torch.manual_seed(0)
    reward = teacher_reward(generator, teacher)
    reference, error = pathwise_gradient(generator, reward, exact, 200)
    curves: dict[str, dict[str, dict[int, dict[str, float]]]] = {draw: {} for draw in DRAWS}
    for draw, (siblings, antithetic) in DRAWS.items():
        names = [name for name in VARIANTS if siblings > 1 or name != 'end, baseline of the start']
        for number in numbers:
            found: dict[str, list[Tensor]] = {name: [] for name in names}
            for _ in range(max(4, total // number)):
                chains = run_chains(generator, reward, number, siblings, antithetic)
                for name in names:
                    found[name].append(variant_gradient(name, generator.energy, chains))
            for name in names:
                curves[draw].setdefault(name, {})[number] = signal_to_noise(torch.stack(found[name]), reference)
    return dict(
        num_steps=generator.sampler.num_steps,
        noise_std=generator.sampler.noise_stds[0],
        exact_chains=exact,
        exact_error_share=error,
        mean_reward=chains.rewards[-1].mean().item(),
        curves=curves,
    )
