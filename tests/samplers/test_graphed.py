"""The recorded chain: on a GPU the real one; elsewhere a recording that is computed anew stands for the graph."""

import logging

import pytest
import torch
from torch import nn

from genkd_mm.samplers import LangevinSampler

ON_GPU = torch.cuda.is_available()
DEVICE = torch.device('cuda' if ON_GPU else 'cpu')


class Energy(nn.Module):
    """f(x, y) = -|x - mean_y|^2 / 2."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.tensor([0.3, -0.3, 0.1]))
        self.passes = 0

    def forward(self, images, labels):
        self.passes += 1
        return -(images - self.mean[labels].view(-1, 1, 1, 1)).square().flatten(1).sum(1) / 2


@pytest.fixture
def recordings(monkeypatch):
    """How many chains have been recorded."""
    from genkd_mm.samplers import graphed

    made = []

    def anew(function):
        result = function()
        return result, lambda: result.copy_(function())

    record = graphed.cuda_graph if ON_GPU else anew
    monkeypatch.setattr(graphed, 'cuda_graph', lambda function: made.append(function) or record(function))
    monkeypatch.setattr('genkd_mm.samplers.langevin_sampler.can_record', lambda device: True)
    monkeypatch.setattr('genkd_mm.samplers.langevin_sampler.compiled_energy', lambda energy, *args: energy)
    return made


@pytest.fixture
def messages(monkeypatch):
    found = []
    monkeypatch.setattr('genkd_mm.samplers.graphed.print_log', lambda text, *args: found.append((text, args[-1])))
    return found


def sampler(**options):
    return LangevinSampler(num_steps=6, step_size=0.2, noise_std=0.05, dtype='float32', compile=True, **options)


def visit(chains, energy, number=6, window=0):
    start = torch.rand(number, 2, 4, 4, device=DEVICE) * 2 - 1
    return chains.run(energy, start, torch.arange(number, device=DEVICE) % 3, lambda x: x, window)


def test_a_replayed_chain_takes_new_images_labels_noise_and_parameters(recordings, messages):
    energy, chains = Energy().to(DEVICE), sampler()
    for _ in range(3):
        _, window = visit(chains, energy, window=3)
        with torch.no_grad():
            energy.mean.add_(0.1)
    assert len(recordings) == 1 and not messages
    start = torch.zeros(6, 2, 4, 4, device=DEVICE)
    labels = torch.tensor([2, 1, 0, 2, 1, 0], device=DEVICE)
    end, window = chains.run(energy, start, labels, lambda x: x, 6)
    assert torch.equal(window.images[0], start) and torch.equal(window.images[-1], end)
    mean = energy.mean[labels].view(-1, 1, 1, 1)
    for before, noise, after in zip(window.images, window.noise, window.images[1:]):
        expected = (before + 0.2 * (mean - before) + 0.05 * noise).clamp(-1, 1)
        torch.testing.assert_close(after, expected)


def test_a_shape_is_recorded_when_it_comes_again(recordings):
    energy, chains = Energy().to(DEVICE), sampler()
    for number in (6, 1, 6, 2, 6):
        visit(chains, energy, number)
    assert len(recordings) == 1
    visit(chains, Energy().to(DEVICE))  # another energy: nothing of the first one's recordings is used
    assert len(recordings) == 1


def test_earlier_results_are_not_overwritten(recordings):
    energy, chains = Energy().to(DEVICE), sampler()
    visit(chains, energy), visit(chains, energy)
    end, window = visit(chains, energy, window=2)
    kept = end.clone(), window.images.clone()
    visit(chains, energy)
    assert torch.equal(end, kept[0]) and torch.equal(window.images, kept[1])


def test_guidance_is_recorded_with_the_chain(recordings):
    class Pull(nn.Module):
        weight = 0.5

        def forward(self, images, labels):
            return images.square().flatten(1).sum(1)

    energy = Energy().to(DEVICE)
    chains = sampler(guidance=[Pull()])
    visit(chains, energy), visit(chains, energy)
    _, window = visit(chains, energy, window=1)
    mean = energy.mean[torch.arange(6, device=DEVICE) % 3].view(-1, 1, 1, 1)
    before = window.images[0]
    expected = before + 0.2 * (mean - 2 * before) + 0.05 * window.noise[0]
    torch.testing.assert_close(window.images[1], expected.clamp(-1, 1))
    assert len(recordings) == 1


def test_a_chain_that_cannot_be_recorded_runs_and_says_why_once(recordings, messages, monkeypatch):
    def broken(function):
        raise RuntimeError('operation not permitted when stream is capturing')

    monkeypatch.setattr('genkd_mm.samplers.graphed.cuda_graph', broken)
    energy, chains = Energy().to(DEVICE), sampler()
    for _ in range(4):
        end, _ = visit(chains, energy)
    assert end.isfinite().all() and len(messages) == 1 and messages[0][1] == logging.WARNING
    assert 'cannot be recorded as a CUDA graph (operation not permitted when stream is capturing)' in messages[0][0]


def test_a_recording_that_goes_wrong_is_not_used(recordings, messages, monkeypatch):
    def stale(function):
        return function(), lambda: None

    monkeypatch.setattr('genkd_mm.samplers.graphed.cuda_graph', stale)
    energy, chains = Energy().to(DEVICE), sampler()
    visit(chains, energy), visit(chains, energy)
    assert len(messages) == 1 and 'its replay is ' in messages[0][0]


@pytest.mark.skipif(ON_GPU, reason='a GPU records chains')
def test_a_processor_records_nothing():
    energy, plain = Energy(), LangevinSampler(num_steps=6, step_size=0.2, noise_std=0.05, dtype='float32')
    ends = []
    for chains in (plain, sampler()):
        chains._compiled = energy, energy
        torch.manual_seed(0)
        ends.append(visit(chains, energy, window=2)[0])
    assert torch.equal(*ends)
