import math
import random

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from genkd_mm.samplers import LangevinSampler, input_gradient, langevin_chain
from genkd_mm.samplers.langevin import block_normal
from genkd_mm.utils import ConfigError


class Gaussian(nn.Module):
    """f(x) = -|x - mean|^2 / (2 var), up to a constant the log density of N(mean, var I)."""

    def __init__(self, mean: float, var: float) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.tensor(mean))
        self.var = var
        self.needed_gradient: list[bool] = []

    def forward(self, images, labels=None):
        self.needed_gradient.append(self.mean.requires_grad)
        return -(images - self.mean).square().flatten(1).sum(1) / (2 * self.var)


def identity(images):
    return images


def test_stationary_law_of_a_gaussian_energy():
    # x' = (1 - eta / v) x + eta / v * m + sigma * e is an AR(1) process, whose stationary law is known exactly.
    torch.manual_seed(0)
    mean, var, eta, sigma = 0.2, 0.01, 0.004, 0.05
    start = torch.rand(2000, 1, 4, 4) * 2 - 1
    with torch.no_grad():
        end, _, _ = langevin_chain(Gaussian(mean, var), start, [eta] * 60, [sigma] * 60)
    expected_var = sigma**2 / (1 - (1 - eta / var) ** 2)
    assert end.mean().item() == pytest.approx(mean, abs=4 * math.sqrt(expected_var / end.numel()))
    assert end.var().item() == pytest.approx(expected_var, rel=4 * math.sqrt(2 / end.numel()))


def test_annealed_langevin_reaches_the_density_itself():
    # With sigma^2 = 2 eta and eta -> 0 the stationary law is N(mean, var).
    torch.manual_seed(0)
    eta, var = 2e-4, 0.01
    end, _, _ = langevin_chain(Gaussian(-0.1, var), torch.zeros(2000, 1, 4, 4), [eta] * 400, [math.sqrt(2 * eta)] * 400)
    assert end.var().item() == pytest.approx(var, rel=0.03)


def test_chain_without_noise_climbs_to_the_mode_and_stays_in_range():
    end, _, _ = langevin_chain(Gaussian(3.0, 1.0), torch.zeros(4, 1, 2, 2), [0.5] * 20, [0.0] * 20)
    assert torch.equal(end, torch.ones_like(end))  # the mode is outside [-1, 1]


def test_schedule_is_applied_step_by_step():
    start = torch.full((1, 1, 1, 1), 0.5)
    end, _, _ = langevin_chain(Gaussian(0.0, 1.0), start, [0.5, 1.0], [0.0, 0.0])
    assert end.item() == pytest.approx(0.0)  # 0.5 -> 0.25 -> 0
    end, _, _ = langevin_chain(Gaussian(0.0, 1.0), start, [1.0, 0.5], [0.0, 0.0])
    assert end.item() == 0.0
    end, _, _ = langevin_chain(Gaussian(0.0, 1.0), start, [0.5, 0.5], [0.0, 0.0])
    assert end.item() == pytest.approx(0.125)


def test_noise_may_be_given():
    noises = torch.tensor([0.5, -1.0]).view(2, 1, 1, 1, 1)
    end, _, kept = langevin_chain(
        Gaussian(0.0, 1.0), torch.zeros(1, 1, 1, 1), [0.5] * 2, [0.2] * 2, range(1, 2), noises=noises
    )
    assert end.item() == pytest.approx(0.1 - 0.05 - 0.2) and torch.equal(kept[0], noises[1])


def constant_on_squares(noise):
    """Whether noise (N, H, W) is constant on squares of 2 x 2, on the grid that starts in the corner."""
    return all(torch.equal(noise[:, ::2, ::2], noise[:, i::2, j::2]) for i in (0, 1) for j in (0, 1))


def test_noise_of_blocks_is_constant_on_them_and_has_the_variance_of_a_projection():
    torch.manual_seed(0)
    random.seed(0)
    direction = torch.rand(4, 6)
    projected = 4 * F.avg_pool2d(direction[None], 2).square().sum().item()  # |P v|^2
    shifts = ((0, 0), (0, 1), (1, 0), (1, 1))
    found = set()
    for _ in range(30):
        noise = block_normal(torch.zeros(2000, 1, 4, 6), 2)[:, 0]
        (shift,) = [shift for shift in shifts if constant_on_squares(noise.roll(shift, (-2, -1)))]
        found.add(shift)
        along = (noise.roll(shift, (-2, -1)) * direction).sum((1, 2))
        assert along.var().item() == pytest.approx(projected, rel=0.15)
    assert found == set(shifts)


@pytest.mark.parametrize('block', [1, 2])
def test_window_replays_the_chain(block):
    energy = Gaussian(0.1, 0.5)
    sampler = LangevinSampler(
        num_steps=8, step_size=[0.01 * (k + 1) for k in range(8)], noise_std=0.05, noise_block=block
    )
    end, window = sampler.run(energy, torch.zeros(3, 1, 2, 2), None, identity, window_size=4)
    assert window.images.shape == (5, 3, 1, 2, 2) and window.noise.shape == (4, 3, 1, 2, 2)
    assert torch.equal(window.final, end)
    for k in range(4):
        x = window.images[k]
        step = x + window.step_sizes[k] * input_gradient(energy, x) + window.noise_stds[k] * window.noise[k]
        torch.testing.assert_close(window.images[k + 1], step.clamp(-1, 1))
        assert block == 1 or all(chain.unique().numel() == 1 for chain in window.noise[k])


def test_window_starts_are_uniform():
    starts = [LangevinSampler._window(3, 5).start for _ in range(600)]
    counts = torch.tensor(starts).bincount(minlength=3)
    assert len(counts) == 3 and counts.min() > 150  # 200 each on average


@pytest.mark.parametrize('size', [1, 2, 4, 6, 7])
def test_a_window_knows_how_often_its_steps_are_covered(monkeypatch, size):
    sampler = LangevinSampler(num_steps=8, step_size=[0.01 * (k + 1) for k in range(8)], differentiable_steps=1)
    starts, seen = 7 - size + 1, torch.zeros(8)
    covered = torch.zeros(8)
    for start in range(starts):
        monkeypatch.setattr(random, 'randrange', lambda high, start=start: start)
        _, window = sampler.run(Gaussian(0.0, 1.0), torch.zeros(1, 1, 2, 2), None, identity, size)
        steps = (100 * window.step_sizes).round().long() - 1  # which they are, by their sizes
        assert steps.tolist() == list(range(start, start + size))
        seen[steps] += 1
        covered[steps] = window.coverage
    torch.testing.assert_close(covered, seen / starts)


def test_only_the_window_is_kept():
    _, states, noises = langevin_chain(Gaussian(0.0, 1.0), torch.zeros(1, 1, 1, 1), [0.1] * 50, [0.1] * 50, range(0))
    assert not states and not noises


def test_parameters_take_no_gradient_while_the_chain_runs():
    energy = Gaussian(0.0, 1.0)
    end, _ = LangevinSampler(num_steps=3, step_size=0.1).run(energy, torch.zeros(2, 1, 2, 2), None, identity)
    assert not any(energy.needed_gradient)
    assert energy.mean.requires_grad and energy.mean.grad is None and not end.requires_grad


def test_last_steps_carry_gradients_to_the_parameters():
    # x' = x + eta * (m - x) / v, so that dx_n / dm is known: 1 - (1 - eta / v)^d after d differentiable steps.
    energy = Gaussian(0.0, 1.0)
    sampler = LangevinSampler(num_steps=5, step_size=0.25, noise_std=0.0, differentiable_steps=2)
    end, _ = sampler.run(energy, torch.full((1, 1, 1, 1), 0.5), None, identity)
    end.sum().backward()
    assert energy.mean.grad.item() == pytest.approx(1 - 0.75**2)


def test_no_graph_is_kept_without_gradients():
    sampler = LangevinSampler(num_steps=2, step_size=0.25, differentiable_steps=2)
    with torch.no_grad():
        end, _ = sampler.run(Gaussian(0.0, 1.0), torch.zeros(1, 1, 1, 1), None, identity)
    assert not end.requires_grad


def test_guidance_is_subtracted_with_its_weight():
    class Pull(nn.Module):
        weight = 2.0

        def forward(self, images, labels):
            return images.square().flatten(1).sum(1)

    # grad (0 - 2 x^2) = -4 x: one step of 0.25 from 0.5 ends at 0
    flat = Gaussian(0.0, math.inf)
    sampler = LangevinSampler(num_steps=1, step_size=0.25, noise_std=0.0, guidance=[Pull()])
    end, _ = sampler.run(flat, torch.full((1, 1, 1, 1), 0.5), torch.zeros(1).long(), identity)
    assert end.item() == pytest.approx(0.0)


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_state_stays_float32(dtype):
    class Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 1)
            self.seen = []

        def forward(self, images, labels=None):
            out = self.layer(images.flatten(1))[:, 0]
            self.seen.append(out.dtype)
            return out

    energy = Linear()
    end, window = LangevinSampler(num_steps=2, dtype=dtype).run(energy, torch.zeros(2, 1, 2, 2), None, identity, 1)
    assert end.dtype == window.images.dtype == torch.float32
    assert set(energy.seen) == {getattr(torch, dtype)}


@pytest.mark.parametrize(
    'kwargs, words',
    [
        (dict(num_steps=-1), 'num_steps is -1'),
        (dict(dtype='int8'), "dtype is 'int8'"),
        (dict(num_steps=2, differentiable_steps=3), 'differentiable_steps is 3'),
        (dict(num_steps=3, step_size=[1.0]), 'step_size lists 1 values'),
        (dict(noise_std=-0.1), 'noise_std is -0.1'),
        (dict(noise_block=0), 'noise_block is 0'),
    ],
)
def test_bad_arguments_are_refused(kwargs, words):
    with pytest.raises(ConfigError, match=words):
        LangevinSampler(**kwargs)


def test_a_flow_from_normal_noise_is_clamped_at_its_end_alone():
    """f = -x^2 / 2 halves x in a step of 0.5: a clamp on the way would take 3 to 1, 0.5 and 0.25, not 0.375 of it."""
    sampler = LangevinSampler(num_steps=3, step_size=0.5, noise_std=0.0, start='normal', dtype='float32')
    start = torch.tensor([3.0, -1.0, 20.0]).view(3, 1, 1, 1)
    end, _ = sampler.run(Gaussian(0.0, 1.0), start, None, lambda x: x)
    torch.testing.assert_close(end.flatten(), torch.tensor([0.375, -0.125, 1.0]))


def test_the_last_steps_of_a_flow_can_be_differentiated_and_are_clamped_at_the_end_alone():
    sampler = LangevinSampler(
        num_steps=3, step_size=0.5, noise_std=0.0, start='normal', dtype='float32', differentiable_steps=2
    )
    end, _ = sampler.run(Gaussian(0.0, 1.0), torch.full((1, 1, 1, 1), 3.0), None, lambda x: x)
    torch.testing.assert_close(end.flatten(), torch.tensor([0.375]))


@pytest.mark.parametrize('start, low, high, std', [('uniform', -1, 1, 3**-0.5), ('normal', -9, 9, 1.0)])
def test_new_chains_are_drawn_from_the_named_distribution(start, low, high, std):
    drawn = LangevinSampler(start=start).draw_start((5000, 1, 2, 2), 'cpu')
    assert drawn.shape == (5000, 1, 2, 2) and low <= drawn.min() and drawn.max() <= high
    assert abs(drawn.mean()) < 0.05 and abs(drawn.std() - std) < 0.03


def test_an_unknown_start_is_refused():
    with pytest.raises(ConfigError, match="sampler.start is 'zeros'; expected one of uniform, normal"):
        LangevinSampler(start='zeros')
