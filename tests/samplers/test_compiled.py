"""The compiled chain, and the one that cannot be compiled."""

import logging

import pytest
import torch
from mmrazor.registry import MODELS

from genkd_mm.samplers import LangevinSampler


@pytest.fixture
def energy():
    net = dict(
        _scope_='mmpretrain',
        type='ImageClassifier',
        neck=dict(type='GlobalAveragePooling'),
        backbone=dict(type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, in_channels=1, base_channels=4),
        head=dict(type='LinearClsHead', num_classes=3, in_channels=16),
    )
    module = MODELS.build(dict(type='ClassifierEnergy', classifier=net))
    module.init_weights()
    return module


def chain(energy, **options):
    torch.manual_seed(1)
    start = torch.rand(6, 1, 8, 8) * 2 - 1
    sampler = LangevinSampler(num_steps=3, dtype='float32', **options)
    return sampler.run(energy, start, torch.arange(6) % 3, lambda x: x, 2), sampler


def test_what_cannot_be_compiled_runs_as_it_is_and_says_why(energy, monkeypatch):
    def broken(*args, **kwargs):
        def call(*args):
            raise RuntimeError('no C++ compiler')

        return call

    monkeypatch.setattr(torch, 'compile', broken)
    messages = []
    monkeypatch.setattr('genkd_mm.samplers.compiled.print_log', lambda text, *args: messages.append((text, args)))
    (images, window), _ = chain(energy, compile=True)
    (expected, expected_window), _ = chain(energy)
    assert torch.equal(images, expected) and torch.equal(window.images, expected_window.images)
    assert 'torch.compile cannot be used here (RuntimeError: no C++ compiler)' in messages[0][0]
    assert messages[0][1][-1] == logging.WARNING


def test_it_is_compiled_once_for_an_energy(energy, monkeypatch):
    calls = []
    monkeypatch.setattr(torch, 'compile', lambda module, **options: calls.append(options) or module)
    _, sampler = chain(energy, compile=True)
    sampler.run(energy, torch.rand(6, 1, 8, 8), torch.arange(6) % 3, lambda x: x)
    assert calls == [dict(dynamic=False)]


def test_the_compiled_chain_is_the_same(energy, monkeypatch):
    messages = []
    monkeypatch.setattr('genkd_mm.samplers.compiled.print_log', lambda text, *args: messages.append(text))
    (images, window), _ = chain(energy, compile=True)
    if messages:
        pytest.skip(messages[0])
    (expected, expected_window), _ = chain(energy)
    torch.testing.assert_close(images, expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(window.images, expected_window.images, rtol=0, atol=1e-5)
