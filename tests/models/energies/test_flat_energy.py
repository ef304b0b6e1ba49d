import math

import pytest
import torch
import torch.nn.functional as F
from mmrazor.registry import MODELS

from genkd_mm.models import EBMGenerator, FlatEnergy, FrozenNetworks
from genkd_mm.samplers.langevin import input_gradient


def test_energy_is_zero_for_every_class_and_flat_everywhere():
    energy, images = FlatEnergy(num_classes=7), 2 * torch.rand(5, 1, 8, 8) - 1
    assert torch.equal(energy.logits(images), torch.zeros(5, 7))
    assert torch.equal(energy(images, torch.arange(5)), torch.zeros(5))
    torch.testing.assert_close(energy(images), torch.full((5,), math.log(7)))
    assert torch.equal(input_gradient(energy, images), torch.zeros_like(images))


def make(**sampler) -> EBMGenerator:
    return MODELS.build(
        dict(
            type='EBMGenerator',
            image_shape=(1, 8, 8),
            energy=dict(type='FlatEnergy', num_classes=10),
            sampler=dict(type='LangevinSampler', **sampler),
            replay_buffer=dict(type='ReplayBuffer', capacity=50),
        )
    )


def test_a_chain_without_guidance_is_a_random_walk():
    generator = make(num_steps=4, noise_std=0.01)
    assert generator.num_classes == 10 and not list(generator.parameters())
    generator.replay_buffer.restart_prob = 0.0
    generator.replay_buffer.states.zero_()
    images = generator.sample(torch.arange(10).repeat(5)).images
    assert images.std().item() == pytest.approx(0.01 * math.sqrt(4), rel=0.1)


def test_a_chain_follows_its_guidance(teacher, student):
    """As in DeepInversion: the teacher sees the class more clearly in nearly every image that was drawn for it."""
    generator = make(num_steps=10, noise_std=0.01, guidance=[dict(type='TeacherCrossEntropy', weight=1.0)])
    generator.bind(FrozenNetworks(dict(teacher=teacher), student))
    generator.replay_buffer.restart_prob = 0.0
    starts, labels = generator.replay_buffer.states.clone(), torch.arange(10).repeat(3)
    images, _, slots, _ = generator.sample(labels)
    before, after = (
        F.cross_entropy(teacher(batch, mode='tensor'), labels, reduction='none') for batch in (starts[slots], images)
    )
    assert (after < before).float().mean() > 0.9
