import itertools

import torch
from torch import nn

from genkd_mm.models.losses import maximum_likelihood_loss
from genkd_mm.models.losses.energy_matching import energy_matching_loss, interpolated, optimal_transport
from genkd_mm.samplers import LangevinSampler


def loss_of(energy, noise, data, times):
    states = interpolated(noise, data, times).requires_grad_(True)
    return energy_matching_loss(energy(states), states, data - noise)


def test_the_states_lie_between_noise_and_data():
    noise, data = torch.randn(2, 3, 1, 2, 2)
    states = interpolated(noise, data, torch.tensor([0.0, 0.25, 1.0]))
    torch.testing.assert_close(states, torch.stack([noise[0], 0.75 * noise[1] + 0.25 * data[1], data[2]]))


def test_pairs_are_the_cheapest_of_all_orders():
    noise, data = torch.randn(2, 6, 1, 2, 2)

    def cost(order):
        return (noise[list(order)] - data).square().sum()

    cheapest = min(itertools.permutations(range(6)), key=cost)
    torch.testing.assert_close(optimal_transport(noise, data), noise[list(cheapest)])


def test_noise_stays_with_its_class():
    noise, data = torch.randn(2, 8, 1, 2, 2)
    labels = torch.tensor([2, 0, 2, 0, 2, 2, 0, 1])
    paired = optimal_transport(noise, data, labels)
    for label in range(3):
        own = labels == label
        torch.testing.assert_close(paired[own], optimal_transport(noise[own], data[own]))


def test_the_loss_is_that_of_the_formula():
    noise, data = torch.randn(2, 5, 1, 2, 2)
    states = interpolated(noise, data, torch.rand(5)).requires_grad_(True)
    values = states.flatten(1).pow(4).sum(1)
    expected = (4 * states.detach() ** 3 - (data - noise)).square().mean()
    torch.testing.assert_close(energy_matching_loss(values, states, data - noise), expected)


def test_a_moved_gaussian_is_matched_by_a_linear_energy():
    """From N(0, I) to N(m, I) optimal transport is the shift by m: f(x) = m^T x, and the loss vanishes."""
    mean = torch.tensor([1.5, -0.5, 0.3, 2.0]).view(1, 2, 2)
    noise = torch.randn(50, 1, 2, 2)
    weight = torch.zeros(4, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.5)
    for _ in range(60):
        loss = loss_of(lambda x: x.flatten(1) @ weight, noise, noise + mean, torch.rand(50))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.testing.assert_close(weight.detach(), mean.flatten(), atol=1e-3, rtol=0)
    assert loss < 1e-6


def test_the_minimiser_is_the_mean_velocity_of_a_scaled_gaussian():
    """From N(0, 1) to N(0, s^2) the transport map is x -> s x. At one time t, x_1 - x_0 is c x_t with
    c = (s - 1) / (1 - t + t s), so that f(x) = c x^2 / 2 attains the loss 0, and any other c does not."""
    scale, time = 0.4, 0.7
    noise = torch.randn(4000, 1, 1, 1)
    slope = (scale - 1) / (1 - time + time * scale)
    times = torch.full((4000,), time)

    def loss(factor):
        return loss_of(lambda x: factor * x.flatten(1).square().sum(1) / 2, noise, scale * noise, times).item()

    assert loss(slope) < 1e-10
    assert min(loss(0.9 * slope), loss(1.1 * slope)) > 1e-3


class Mixture:
    """Two Gaussians in the plane, 30% and 70%."""

    weights = torch.tensor([0.3, 0.7])
    means = torch.tensor([[-0.5, 0.3], [0.5, -0.3]])
    stds = torch.tensor([[0.1, 0.2], [0.2, 0.1]])

    def draw(self, number):
        component = torch.multinomial(self.weights, number, replacement=True)
        return (self.means[component] + self.stds[component] * torch.randn(number, 2)).view(-1, 1, 1, 2)


class Quadratic(nn.Module):
    """f(x) = a quadratic form of an MLP's features."""

    def __init__(self, width=64):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(2, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.head = nn.Linear(2 * width, 1)

    def forward(self, images, labels=None):
        features = self.features(images.flatten(1))
        return self.head(torch.cat([features, features.square()], 1))[:, 0]


def test_samples_of_a_matched_energy_have_the_mixtures_weights_means_and_covariances():
    """The flow brings chains to the right Gaussian in the right share; in a plane, where a point does not show how much
    noise is left in it, it leaves them too wide. Maximum likelihood, on chains of the flow and ten Langevin steps,
    makes exp(f / temperature) the density."""
    torch.manual_seed(0)
    mixture, energy, temperature, steps = Mixture(), Quadratic(), 0.05, 150
    sampler = LangevinSampler(
        num_steps=20,
        step_size=[0.1] * 10 + [0.05] * 10,
        noise_std=[0.0] * 10 + [(2 * 0.05 * temperature) ** 0.5] * 10,
        start='normal',
        dtype='float32',
    )

    def draw(number):
        return sampler.run(energy, sampler.draw_start((number, 1, 1, 2), 'cpu'), None, lambda x: x)[0]

    def matching(data):
        return loss_of(energy, optimal_transport(torch.randn_like(data), data), data, torch.rand(len(data)))

    def likelihood(data):
        return maximum_likelihood_loss(energy(data), energy(draw(len(data))))[0] / temperature

    optimizer = torch.optim.Adam(energy.parameters(), lr=5e-3)
    for objective in (matching, likelihood):
        for step in range(steps):
            optimizer.param_groups[0]['lr'] = 5e-3 * (1 - 0.98 * step / steps * (objective is likelihood))
            loss = objective(mixture.draw(128))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    points = draw(4000).flatten(1)
    nearest = torch.cdist(points, mixture.means).argmin(1)
    for k in range(2):
        own = points[nearest == k]
        assert abs(len(own) / len(points) - mixture.weights[k]) < 0.05
        assert (own.mean(0) - mixture.means[k]).abs().max() < 0.05
        assert (own.T.cov() - mixture.stds[k].square().diag()).abs().max() < 0.015
