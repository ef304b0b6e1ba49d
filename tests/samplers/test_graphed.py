"""The recorded chain: on a GPU the real one; elsewhere a recording that is computed anew stands for torch's graph."""

import copy
import logging
import random
from contextlib import nullcontext

import pytest
import torch
from torch import nn

from genkd_mm.models import Disagreement, FlatEnergy, FrozenNetworks
from genkd_mm.samplers import LangevinSampler
from genkd_mm.utils import ConfigError

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

    made, mode, record = [], dict(now=0), graphed.cuda_graph

    def anew(steps, inputs):
        result = steps(*inputs)

        def replay(*others):
            for kept, other in zip(inputs, others, strict=True):
                kept.copy_(other)
            return result.copy_(steps(*inputs))

        return replay

    if not ON_GPU:
        monkeypatch.setattr(torch.cuda, 'device', lambda device: nullcontext())
        monkeypatch.setattr(torch.cuda, 'get_sync_debug_mode', lambda: mode['now'])
        monkeypatch.setattr(
            torch.cuda, 'set_sync_debug_mode', lambda new: mode.update(now=2 if new == 'error' else new)
        )
        monkeypatch.setattr(torch.cuda, 'make_graphed_callables', anew)
    monkeypatch.setattr(graphed, 'cuda_graph', lambda *args: made.append(args) or record(*args))
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


def test_a_replayed_chain_has_the_noise_of_a_stepped_one(recordings):
    energy, chains, windows = Energy().to(DEVICE), sampler(noise_block=2), []
    for expected in (0, 1, 1):
        torch.manual_seed(0)
        random.seed(0)
        _, window = visit(chains, energy, window=6)
        assert len(recordings) == expected
        windows.append(window)
    for window in windows:
        assert torch.equal(window.noise, windows[0].noise)
        assert all(chain.unique().numel() == 2 * 2 * 2 for chain in window.noise[0])  # two channels of four squares
        torch.testing.assert_close(window.images, windows[0].images)


def test_shapes_that_come_again_are_recorded_but_not_many(recordings):
    energy, chains = Energy().to(DEVICE), sampler()
    for number, expected in ((6, 0), (1, 0), (6, 1), (2, 1), (6, 1), (2, 2), (1, 2), (1, 2)):
        visit(chains, energy, number)
        assert len(recordings) == expected


def test_another_energy_is_recorded_anew(recordings):
    first, second, chains = Energy().to(DEVICE), Energy().to(DEVICE), sampler()
    visit(chains, first), visit(chains, first)
    for _ in range(3):
        passes = second.passes
        visit(chains, second)
        assert second.passes > passes or ON_GPU
    assert len(recordings) == 2


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
    def broken(*args):
        raise RuntimeError('called a synchronizing CUDA operation')

    monkeypatch.setattr('genkd_mm.samplers.graphed.cuda_graph', broken)
    energy, chains = Energy().to(DEVICE), sampler()
    for _ in range(4):
        end, _ = visit(chains, energy)
    assert end.isfinite().all() and len(messages) == 1 and messages[0][1] == logging.WARNING
    assert 'cannot be recorded as a CUDA graph (called a synchronizing CUDA operation)' in messages[0][0]


def test_waiting_for_the_gpu_is_an_error_in_the_trial_before_the_recording_alone(recordings):
    class Watched(Energy):
        def forward(self, images, labels):
            modes.append(torch.cuda.get_sync_debug_mode())
            return super().forward(images, labels)

    modes, chains, energy = [], sampler(), Watched().to(DEVICE)
    visit(chains, energy)
    assert modes == [0] * 6
    visit(chains, energy)
    assert modes[6:12] == [2] * 6 and len(modes) > 12 and set(modes[12:]) == {0}


def test_a_recording_that_breaks_off_ends_the_run_in_one_sentence(recordings, monkeypatch):
    def breaks_off(*args):
        raise RuntimeError('operation not permitted when stream is capturing')

    monkeypatch.setattr(torch.cuda, 'make_graphed_callables', breaks_off)
    energy, chains = Energy().to(DEVICE), sampler()
    visit(chains, energy)
    with pytest.raises(
        ConfigError, match='recording the chain .* broke off .operation not .*; set sampler.compile=False'
    ):
        visit(chains, energy)
    assert torch.cuda.get_sync_debug_mode() == 0


def test_a_recording_that_goes_wrong_is_not_used(recordings, messages, monkeypatch):
    def stale(steps, *inputs):
        result = steps(*inputs)
        return lambda *others: result

    monkeypatch.setattr('genkd_mm.samplers.graphed.cuda_graph', stale)
    energy, chains = Energy().to(DEVICE), sampler()
    for _ in range(3):
        start = torch.rand(6, 2, 4, 4, device=DEVICE) * 2 - 1
        _, window = chains.run(energy, start, torch.arange(6, device=DEVICE) % 3, lambda x: x, 6)
        assert torch.equal(window.images[0], start)
        assert (window.images[1] - start).abs().max() < 0.6  # a step, not another chain's states
    assert len(messages) == 1 and 'its replay is ' in messages[0][0]


def test_the_real_parts_are_recorded(recordings, messages, teacher, student, images, labels):
    """bfloat16, a criterion with networks, and a student that learns between visits."""
    teacher, student, images, labels = (part.to(DEVICE) for part in (teacher, student, images, labels))
    guide = Disagreement(weight=-20.0)
    guide.bind(FrozenNetworks(dict(teacher=teacher), student))
    ends, tolerance = [], 0.02
    for compiled in (True, False):
        copied = copy.deepcopy(student.state_dict())
        chains = LangevinSampler(4, 1.0, 1e-6, [guide], dtype='bfloat16', compile=compiled)
        energy = FlatEnergy(num_classes=10).to(DEVICE)
        for _ in range(4):
            end, _ = chains.run(energy, images.clamp(-1, 1), labels, lambda x: x)
            ends.append(end)
            with torch.no_grad():
                student.head.fc.weight.mul_(4)
        student.load_state_dict(copied)
    assert len(recordings) == 1 and not messages
    for replayed, stepped in zip(ends[:4], ends[4:]):
        torch.testing.assert_close(replayed, stepped, atol=tolerance, rtol=0)
    assert (ends[3] - ends[1]).abs().max() > 5 * tolerance  # that of the recorded visit would be seen


@pytest.mark.skipif(ON_GPU, reason='a GPU records chains')
def test_a_processor_records_nothing(monkeypatch):
    def unexpected(*args):
        raise AssertionError('recorded')

    monkeypatch.setattr('genkd_mm.samplers.graphed.cuda_graph', unexpected)
    monkeypatch.setattr('genkd_mm.samplers.langevin_sampler.compiled_energy', lambda energy, *args: energy)
    energy, chains = Energy(), sampler()
    for _ in range(3):
        end, _ = visit(chains, energy)
    assert end.isfinite().all()


@pytest.mark.skipif(not ON_GPU, reason='needs a GPU')
def test_a_guide_that_waits_for_the_gpu_is_known_before_the_recording(messages):
    class Waits(nn.Module):
        weight = 1.0

        def forward(self, images, labels):
            return images.square().flatten(1).sum(1) * images.sum().item()

    energy, chains = Energy().to(DEVICE), sampler(guidance=[Waits()])
    for _ in range(3):
        end, _ = visit(chains, energy)
    assert len(messages) == 1 and end.isfinite().all()
    assert torch.cuda.current_stream() == torch.cuda.default_stream() and torch.randn(3, device=DEVICE).isfinite().all()
