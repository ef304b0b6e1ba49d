import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from genkd_mm.models import SmoothWideResNet
from genkd_mm.models.losses import advantages, maximum_likelihood_loss, policy_gradient_loss, step_rewards
from genkd_mm.samplers import input_gradient, langevin_chain
from genkd_mm.samplers.langevin import block_normal
from genkd_mm.samplers.langevin_sampler import window_coverage
from genkd_mm.structures import Trajectory

N_STEPS, ETA, SIGMA = 4, 0.05, 0.05
SHAPE = (1, 2, 2)


class Quadratic(nn.Module):
    """f(x) = -x^T A x / 2 + b^T x: the chain is linear, so that the pathwise gradient is exact and cheap."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.a = nn.Parameter(torch.randn(4, 4, dtype=torch.float64) * 0.5)
        self.b = nn.Parameter(torch.randn(4, dtype=torch.float64) * 0.5)

    def forward(self, images, labels=None):
        x = images.flatten(1)
        return -((x @ self.a) * x).sum(1) / 2 + x @ self.b


def cost(images):
    """A smooth cost that is not symmetric."""
    x = images.flatten(1)
    return (x[:, 0] - 0.3).square() + 0.5 * x[:, 1] * x[:, 2] + torch.sin(2 * x[:, 3])


def flat_gradient(loss, module):
    grads = torch.autograd.grad(loss, list(module.parameters()), allow_unused=True)
    return torch.cat(
        [torch.zeros_like(p).flatten() if g is None else g.flatten() for p, g in zip(module.parameters(), grads)]
    )


def cosine(one, other):
    return F.cosine_similarity(one, other, dim=0).item()


def record(energy, start, n=N_STEPS, noises=None):
    """The whole chain of n steps, which is its only window."""
    end, states, noises = langevin_chain(energy, start, [ETA] * n, [SIGMA] * n, range(n), noises=noises)
    return Trajectory(
        torch.stack(states),
        torch.stack(noises),
        torch.full((n,), ETA),
        torch.full((n,), SIGMA),
        torch.ones(n),
        None,
        end.detach(),
    )


def cut(whole, first, k):
    """The window of k steps of a whole chain that starts at step ``first``."""
    n = len(whole.noise)
    return replace(
        whole,
        images=whole.images[first : first + k + 1],
        noise=whole.noise[first : first + k],
        step_sizes=whole.step_sizes[first : first + k],
        noise_stds=whole.noise_stds[first : first + k],
        coverage=torch.tensor(window_coverage(n, k)[first : first + k]),
    )


def start(number):
    return torch.rand(number, *SHAPE, dtype=torch.float64) - 0.5


def costs_of(trajectory):
    return torch.stack([cost(state) for state in trajectory.images])


def test_agrees_with_the_pathwise_gradient_of_the_final_reward():
    # Every step is credited with the end: an unbiased gradient of E[-c(x_n)].
    torch.manual_seed(0)
    energy = Quadratic()
    x0 = start(200000)
    trajectory = record(energy, x0)
    advantage = advantages(-cost(trajectory.final)[None], 'leave_one_out')
    estimate = flat_gradient(policy_gradient_loss('autograd', energy, trajectory, advantage), energy)
    end, _, _ = langevin_chain(energy, x0, [ETA] * N_STEPS, [SIGMA] * N_STEPS, create_graph=True)
    pathwise = flat_gradient(cost(end).mean(), energy)
    assert cosine(estimate, pathwise) > 0.99
    assert (estimate.norm() / pathwise.norm()).item() == pytest.approx(1, abs=0.1)


def test_noise_of_blocks_gives_the_gradient_through_the_steps_that_are_constant_on_blocks():
    torch.manual_seed(0)
    energy, x0 = Quadratic(), start(200000)
    noises = [block_normal(x0, 2) for _ in range(N_STEPS)]
    trajectory = record(energy, x0, noises=noises)
    advantage = advantages(-cost(trajectory.final)[None], 'leave_one_out')
    estimate = flat_gradient(policy_gradient_loss('autograd', energy, trajectory, advantage), energy)

    def constant(images):
        return images.mean((-2, -1), keepdim=True)

    fixed, x = copy.deepcopy(energy).requires_grad_(False), x0
    for noise in noises:
        step, as_it_was = (input_gradient(f, x, create_graph=True) for f in (energy, fixed))
        x = (x + ETA * (as_it_was + constant(step - as_it_was)) + SIGMA * noise).clamp(-1, 1)
    pathwise = flat_gradient(cost(x).mean(), energy)
    assert cosine(estimate, pathwise) > 0.99
    assert (estimate.norm() / pathwise.norm()).item() == pytest.approx(1, abs=0.1)


def test_own_effects_agree_with_the_pathwise_gradient_of_each_step():
    # A step is credited with its own effect: sum_k of grad E[c(x_{k-1}) - c(x_k) | x_{k-1}].
    torch.manual_seed(0)
    energy = Quadratic()
    trajectory = record(energy, start(200000))
    advantage = advantages(step_rewards(costs_of(trajectory)), 'leave_one_out')
    estimate = flat_gradient(policy_gradient_loss('autograd', energy, trajectory, advantage), energy)
    pathwise = 0
    for k in range(N_STEPS):
        after, _, _ = langevin_chain(energy, trajectory.images[k], [ETA], [SIGMA], create_graph=True)
        pathwise = pathwise + flat_gradient(cost(after).mean(), energy)
    assert cosine(estimate, pathwise) > 0.99
    assert (estimate.norm() / pathwise.norm()).item() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize('estimator', ['autograd', 'finite_difference'])
@pytest.mark.parametrize(('n', 'k'), [(10, 1), (10, 5), (10, 7), (10, 10), (7, 2), (5, 4)])
def test_the_mean_over_all_windows_is_the_gradient_of_the_whole_chain(n, k, estimator):
    energy = Quadratic()
    chain = record(energy, start(8), n)
    rewards = step_rewards(costs_of(chain))
    whole = flat_gradient(policy_gradient_loss(estimator, energy, chain, rewards), energy)
    windows = [
        flat_gradient(policy_gradient_loss(estimator, energy, cut(chain, first, k), rewards[first : first + k]), energy)
        for first in range(n - k + 1)
    ]
    torch.testing.assert_close(torch.stack(windows).mean(0), whole)


def smooth_network():
    torch.manual_seed(0)
    backbone = SmoothWideResNet(10, 1, in_channels=1, base_channels=4)
    backbone.init_weights()
    head = nn.Linear(backbone.out_channels, 3)
    network = nn.ModuleDict(dict(backbone=backbone, head=head)).double()

    class Energy(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, images, labels=None):
            logits = head(backbone(images)[0].mean((2, 3)))
            return logits.logsumexp(1) if labels is None else logits.gather(1, labels[:, None])[:, 0]

    return Energy()


@pytest.mark.parametrize('labels', [None, torch.arange(6) % 3])
def test_finite_difference_agrees_with_autograd_on_a_smooth_network(labels):
    energy = smooth_network()
    x0 = torch.rand(6, 1, 8, 8, dtype=torch.float64) * 2 - 1
    _, states, noises = langevin_chain(lambda x: energy(x, labels), x0, [1.0] * 3, [0.01] * 3, range(3))
    ones = torch.ones(3)
    trajectory = Trajectory(torch.stack(states), torch.stack(noises), ones, ones * 0.01, ones, labels, states[-1])
    advantage = torch.randn(3, 6, dtype=torch.float64)
    exact, difference = (
        flat_gradient(policy_gradient_loss(name, energy, trajectory, advantage), energy)
        for name in ('autograd', 'finite_difference')
    )
    assert exact.norm() > 0
    assert cosine(exact, difference) > 0.999
    assert (exact.norm() / difference.norm()).item() == pytest.approx(1, abs=0.01)


def test_autograd_estimator_is_the_score_of_the_transition():
    # Against torch.distributions: the gradient of mean A * -log N(x_k before the clamp; x + eta grad f(x), sigma^2 I).
    energy = Quadratic()
    trajectory = record(energy, start(16))
    advantage = torch.randn(N_STEPS, 16, dtype=torch.float64)
    loss = 0
    for k in range(N_STEPS):
        x = trajectory.images[k].detach().requires_grad_(True)
        drift = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
        policy = torch.distributions.Normal(x.detach() + ETA * drift, SIGMA)
        action = (x + ETA * drift + SIGMA * trajectory.noise[k]).detach()
        loss = loss - (advantage[k] * policy.log_prob(action).flatten(1).sum(1)).mean()
    expected = flat_gradient(loss, energy)
    estimate = flat_gradient(policy_gradient_loss('autograd', energy, trajectory, advantage), energy)
    torch.testing.assert_close(estimate, expected)


def test_marginal_is_the_gradient_of_the_expected_reward():
    # f(x) = -|x - m|^2 / 2v is N(m, v): d E[R] / dm is known, for R = -(x - 0.4)^2 it is 2 (0.4 - m).
    torch.manual_seed(0)
    mean, var = nn.Parameter(torch.tensor(0.1, dtype=torch.float64)), 0.01

    def energy(images, labels):
        return -(images - mean).square().flatten(1).sum(1) / (2 * var)

    final = 0.1 + var**0.5 * torch.randn(400000, 1, 1, 1, dtype=torch.float64)
    trajectory = Trajectory(final[None], final[:0], *torch.ones(3, 0), None, final)
    reward = -(final.flatten() - 0.4).square()[None]
    loss = policy_gradient_loss('marginal', energy, trajectory, advantages(reward, 'batch_mean'))
    (gradient,) = torch.autograd.grad(loss, mean)
    assert gradient.item() == pytest.approx(-2 * 0.3, rel=0.02)


@pytest.mark.parametrize('baseline', ['batch_mean', 'leave_one_out'])
def test_baselines_lower_the_variance_and_keep_the_mean(baseline):
    torch.manual_seed(0)
    energy = Quadratic()
    trajectory = record(energy, start(4096))
    rewards = step_rewards(costs_of(trajectory)) + 1.0  # a constant that every baseline should take away

    def gradients(kind):
        found = []
        for part in torch.arange(4096).view(64, 64):
            piece = advantages(rewards[:, part], kind)
            images, noise, final = trajectory.images[:, part], trajectory.noise[:, part], trajectory.final[part]
            window = replace(trajectory, images=images, noise=noise, final=final)
            loss = policy_gradient_loss('autograd', energy, window, piece)
            found.append(flat_gradient(loss, energy))
        return torch.stack(found)

    plain, reduced = gradients('none'), gradients(baseline)
    assert reduced.var(0).sum() < 0.2 * plain.var(0).sum()
    error = (plain.mean(0) - reduced.mean(0)).norm()
    assert error < 4 * (plain.var(0).sum() / 64).sqrt()


def test_rewards_telescope():
    costs = torch.tensor([[5.0, 1.0], [3.0, 1.5], [2.5, 0.0]])
    assert step_rewards(costs).tolist() == [[2.0, -0.5], [0.5, 1.5]]
    assert step_rewards(costs).sum(0).tolist() == [2.5, 1.0]  # c(x_0) - c(x_n)


def test_leave_one_out_is_each_chain_against_the_others():
    rewards = torch.tensor([[1.0, 2.0, 6.0]])
    assert advantages(rewards, 'leave_one_out').tolist() == [[-3.0, -1.5, 4.5]]
    assert advantages(rewards, 'batch_mean').tolist() == [[-2.0, -1.0, 3.0]]
    assert advantages(rewards, 'none').tolist() == [[1.0, 2.0, 6.0]]


def test_conditional_chains_are_compared_within_their_class():
    rewards, classes = torch.tensor([[1.0, 10.0, 3.0, 20.0, 7.0]]), torch.tensor([0, 1, 0, 1, 2])
    assert advantages(rewards, 'batch_mean', classes=classes).tolist() == [[-1.0, -5.0, 1.0, 5.0, 0.0]]
    assert advantages(rewards, 'leave_one_out', classes=classes).tolist() == [[-2.0, -10.0, 2.0, 10.0, 0.0]]


def test_one_advantage_for_all_steps_is_that_of_each():
    energy, chain = Quadratic(), record(Quadratic(), start(8))
    end = -cost(chain.final)[None]
    losses = [policy_gradient_loss('autograd', energy, chain, credit) for credit in (end, end.expand(N_STEPS, -1))]
    torch.testing.assert_close(flat_gradient(losses[0], energy), flat_gradient(losses[1], energy))


def test_advantages_have_unit_spread_in_each_class_and_no_outliers():
    classes = torch.arange(60) % 2
    rewards = torch.randn(1, 60) * (1 + 20 * classes)
    found = advantages(rewards, 'batch_mean', True, classes)
    for label in (0, 1):
        assert found[:, classes == label].std().item() == pytest.approx(1, rel=1e-4)
    clipped = advantages(rewards, 'batch_mean', True, classes, 1.5)
    assert clipped.abs().max() == 1.5 and torch.equal(clipped[found.abs() < 1.5], found[found.abs() < 1.5])


def test_normalised_advantages_have_unit_spread_and_equal_rewards_give_zero():
    assert advantages(torch.randn(5, 64) * 7, 'batch_mean', True).std().item() == pytest.approx(1, rel=1e-4)
    assert (advantages(torch.ones(5, 8), 'leave_one_out', True) == 0).all()


def test_maximum_likelihood_moves_the_mean_to_the_data():
    # For N(m, 1), f = -(x - m)^2 / 2, the likelihood's gradient in m is mean(x-) - mean(x+).
    mean = nn.Parameter(torch.tensor(0.0))
    data, chains = torch.tensor([0.5, 0.7]), torch.tensor([0.1, -0.1])
    loss, penalty = maximum_likelihood_loss(-((data - mean) ** 2) / 2, -((chains - mean) ** 2) / 2)
    assert torch.autograd.grad(loss, mean, retain_graph=True)[0].item() == pytest.approx(0.0 - 0.6)
    assert penalty.item() == pytest.approx((0.125**2 + 0.245**2) / 2 + 0.005**2)
