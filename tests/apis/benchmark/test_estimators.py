"""The measurement of the estimators' signal: on a chain for which the exact gradient is cheap."""

import json
from pathlib import Path

import pytest
import torch
from mmrazor.registry import MODELS
from PIL import Image
from torch import nn

from genkd_mm.apis.benchmark import estimators
from genkd_mm.engine.runner.config import load_config
from genkd_mm.models.losses import advantages, policy_gradient_loss

CONFIGS = Path(__file__).parents[3] / 'configs'
STARTS = 12


class TwoLayers(nn.Sequential):
    """The smallest smooth classifier with a mixed second derivative, called as mmpretrain calls its own."""

    def __init__(self) -> None:
        super().__init__(nn.Flatten(), nn.Linear(16, 4), nn.SiLU(), nn.Linear(4, 2))

    def forward(self, images, mode):
        return super().forward(images)


@pytest.fixture
def generator():
    """Images of 4 x 4 pixels, two classes, three steps."""
    found = MODELS.build(
        dict(
            type='EBMGenerator',
            energy=dict(type='ClassifierEnergy', classifier=TwoLayers()),
            image_shape=(1, 4, 4),
            sampler=dict(type='LangevinSampler', num_steps=3, step_size=0.5, noise_std=0.1, dtype='float32'),
            replay_buffer=dict(type='ReplayBuffer', capacity=2000),
        )
    )
    for parameter in found.parameters():
        torch.nn.init.normal_(parameter, 0, 0.4)
    return found


def reward(images, labels):
    """Bright images for class 1, dark ones for class 0."""
    return (2 * labels - 1) * images.flatten(1).mean(1)


@pytest.fixture
def chains(generator):
    return estimators.run_chains(generator, reward, STARTS)


def test_the_last_chain_of_a_start_has_the_negative_noise_of_the_first(chains):
    noise = chains.trajectory.noise.unflatten(1, (STARTS, estimators.CHAINS_PER_START))
    assert torch.equal(noise[:, :, -1], -noise[:, :, 0]) and (noise[:, :, 1] != noise[:, :, 0]).all()
    starts = chains.trajectory.images[0].unflatten(0, (STARTS, estimators.CHAINS_PER_START))
    assert (starts == starts[:, :1]).all()
    assert torch.equal(chains.rewards[-1], reward(chains.trajectory.final, chains.labels))


def test_the_mean_of_the_contributions_is_the_estimator_s_gradient(generator, chains):
    units = dict(estimators.contributions(generator.energy, chains))['end']
    credit = advantages(chains.rewards[-1:], 'leave_one_out', classes=chains.labels).expand(3, -1)
    loss = policy_gradient_loss('autograd', generator.energy, chains.trajectory, credit)
    expected = estimators.gradient(loss, generator.energy)
    assert torch.allclose(units.gradients.mean(0), expected, atol=1e-4 * expected.abs().max())


def test_siblings_and_pairs_are_units_of_their_size(generator, chains):
    found = dict(estimators.contributions(generator.energy, chains))
    assert {name: (len(units.gradients), units.chains) for name, units in found.items() if units.chains > 1} == {
        'end, two siblings': (STARTS, 2),
        'end, four siblings': (STARTS, 4),
        'end, e and -e': (STARTS, 2),
    }


def test_a_known_signal_is_found():
    direction = torch.tensor([0.6, 0.8, 0.0])
    units = estimators.Units(0.5 * direction + torch.randn(200000, 3), 2, 3, False)
    biased = estimators.signal_to_noise(units, direction, 0.5)
    assert biased['ratio_per_chain'] == pytest.approx(0.25 / 3 / 2, rel=0.05)
    assert biased['signal_over_exact'] == pytest.approx(1, abs=4 * biased['signal_error'])
    assert biased['ratio_per_query'] == biased['ratio_per_chain'] / 3
    other = estimators.signal_to_noise(units, torch.tensor([0.0, 0.0, 1.0]), 0.5)
    assert other['ratio_per_chain'] < 1e-3


def test_weights_of_the_likelihood_are_a_softmax_in_each_class(chains):
    weights = estimators.reward_weights(chains)[0] + 1
    for label in (0, 1):
        one = chains.labels == label
        expected = chains.rewards[-1][one].softmax(0) * one.sum()
        assert torch.allclose(weights[one], expected, rtol=1e-4)


def test_all_chains_have_the_sampler_s_noise_and_in_blocks_every_estimator_has_a_bias(generator, monkeypatch):
    sampler, drawn, unbiased = generator.sampler, [], []
    sampler.noise_block, draw, ratios = 2, sampler.draw_noise, estimators.signal_to_noise
    monkeypatch.setattr(sampler, 'draw_noise', lambda images: drawn.append(draw(images)) or drawn[-1])
    monkeypatch.setattr(
        estimators, 'signal_to_noise', lambda units, *args: unbiased.append(units.unbiased) or ratios(units, *args)
    )
    found = estimators.measure(generator, reward, STARTS, 40)
    assert found['noise_block'] == 2 and len(found['estimators']) == len(unbiased) and not any(unbiased)
    assert [len(noise) for noise in drawn] == 6 * [20] + 3 * [STARTS * estimators.CHAINS_PER_START]  # two batches exact


def test_the_unbiased_estimators_find_the_pathwise_gradient(generator):
    found = estimators.measure(generator, reward, 150, 400)
    assert found['chains'] == 750 and found['num_steps'] == 3 and found['exact_error_share'] < 0.1
    for name in ('end', 'rest of the chain', 'end, four siblings', 'end, e and -e'):
        values = found['estimators'][name]
        assert abs(values['signal_over_exact'] - 1) < 3 * values['signal_error'], name
        assert values['signal_error'] < 0.5, name


def test_a_prior_and_a_teacher_are_measured_written_and_drawn(tiny_files, tmp_path):
    """The prior's classes are the teacher's, whose reward is the log-probability of a chain's class."""
    teacher_checkpoint, checkpoint = map(str, tiny_files)
    teacher = tmp_path / 'teacher.py'
    teacher.write_text(
        f'_base_ = [{str(CONFIGS / "teachers/resnet18_digits.py")!r}]\n'
        'model = dict(backbone=dict(stem_channels=4, base_channels=4), head=dict(in_channels=32))\n'
    )
    classifier = 'model.generator.energy.classifier'
    small = {f'{classifier}.backbone.base_channels': 4, f'{classifier}.head.in_channels': 16}
    config = load_config(
        str(CONFIGS / 'priors/jem_wrn10x1_digits.py'), {**small, 'model.generator.sampler.num_steps': 2}
    )
    out = tmp_path / 'signal.json'
    found = estimators.measure_prior(config, checkpoint, str(teacher), teacher_checkpoint, str(out), 10, 40)
    assert json.loads(out.read_text()) == found and found['chains'] == 50
    assert Image.open(tmp_path / 'signal.png').format == 'PNG'
    assert -4 < found['mean_reward'] < -1  # of a random teacher: near log 1/10
    assert all(values['ratio_per_query'] >= 0 for values in found['estimators'].values())
