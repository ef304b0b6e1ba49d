import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS

from genkd_mm.models.algorithms.ebm_prior import restart_acceptance
from genkd_mm.utils import ConfigError


def make(guidance=(), **changes):
    classifier = dict(
        _scope_='mmpretrain',
        type='ImageClassifier',
        backbone=dict(type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, in_channels=1, base_channels=8),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='LinearClsHead', num_classes=4, in_channels=32),
    )
    config = dict(
        type='EBMPrior',
        data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', mean=[127.5], std=[127.5]),
        generator=dict(
            type='EBMGenerator',
            image_shape=(1, 8, 8),
            energy=dict(type='ClassifierEnergy', classifier=classifier),
            sampler=dict(type='LangevinSampler', num_steps=10, step_size=1.0, noise_std=0.01, guidance=list(guidance)),
            replay_buffer=dict(type='ReplayBuffer', capacity=80, restart_prob=0.05),
        ),
    )
    with DefaultScope.overwrite_default_scope('mmrazor'):
        prior = MODELS.build({**config, **changes})
    prior.init_weights()
    return prior


def data(number=40):
    """Each class lights one quarter of the image."""
    labels = torch.arange(number) % 4
    images = torch.full((number, 1, 8, 8), -0.9)
    for image, label in zip(images, labels, strict=True):
        row, column = 4 * (label // 2), 4 * (label % 2)
        image[0, row : row + 4, column : column + 4] = 0.9
    return images, labels


def test_losses_are_those_of_the_formula():
    torch.manual_seed(0)
    prior = make(likelihood_weight=0.5, energy_penalty=0.1, data_noise_std=0.0)
    images, labels = data()
    losses = prior(images, [DataSample().set_gt_label(int(y)) for y in labels], mode='loss')
    energy = prior.generator.energy
    positive = energy(images, labels)
    torch.testing.assert_close(losses['energy_data'], positive.mean())
    torch.testing.assert_close(losses['energy_gap'], losses['energy_data'] - losses['energy_chains'])
    torch.testing.assert_close(losses['loss_likelihood'], -0.5 * losses['energy_gap'])
    torch.testing.assert_close(
        losses['loss_classification'], torch.nn.functional.cross_entropy(energy.logits(images), labels)
    )
    assert losses['loss_penalty'] >= 0.1 * (positive**2).mean()
    assert losses['restarts'] == prior.generator.replay_buffer.restarted.float().mean()


def test_restarts_are_accepted_that_reach_the_old_chains():
    old = torch.linspace(10, 20, 11)
    energies = torch.cat([torch.tensor([-5.0, 10.9, 11.1, 30.0]), old])  # the lowest tenth of the old ends at 11
    restarted = torch.arange(15) < 4
    assert restart_acceptance(energies, restarted) == 0.5
    for all_alike in (torch.zeros(15, dtype=torch.bool), torch.ones(15, dtype=torch.bool)):
        assert restart_acceptance(energies, all_alike).isnan()


def test_acceptance_is_that_of_the_latest_batch_with_restarts():
    prior = make()
    prior.generator.replay_buffer.restart_prob = 0.5
    losses = prior.loss(*data())
    latest = losses['restart_acceptance']
    assert 0 <= latest <= 1 and losses['restarts'] > 0
    prior._acceptance = latest + 0.25  # which no batch of these has
    prior.generator.replay_buffer.restart_prob = 0.0
    losses = prior.loss(*data())
    assert losses['restart_acceptance'] == latest + 0.25 and losses['restarts'] == 0


def test_training_makes_chains_look_like_the_data_of_their_class():
    torch.manual_seed(0)
    prior = make()
    images, labels = data()
    optimizer = torch.optim.Adam(prior.parameters(), lr=1e-3)
    for _ in range(150):
        losses = prior.loss(images, labels)
        optimizer.zero_grad()
        sum(value for name, value in losses.items() if name.startswith('loss')).backward()
        torch.nn.utils.clip_grad_norm_(prior.parameters(), 1.0)
        optimizer.step()
    chains = prior.generator.replay_buffer
    templates = data(4)[0]
    nearest = torch.cdist(chains.states.flatten(1), templates.flatten(1)).argmin(1)
    assert (nearest == chains.labels).float().mean() > 0.9
    assert (prior(images, mode='tensor').argmax(1) == labels).all()
    assert abs(losses['energy_gap']) < 2


@pytest.mark.parametrize('preprocessor', [None, dict(type='mmpretrain.ClsDataPreprocessor', mean=[0.0], std=[255.0])])
def test_another_space_than_the_energys_is_refused(preprocessor):
    with pytest.raises(ConfigError, match='model.data_preprocessor.mean is .* but the prior works on'):
        make(data_preprocessor=preprocessor)


def test_chains_that_train_the_energy_are_not_guided():
    with pytest.raises(ConfigError, match='guidance is set but the chains of EBMPrior train the energy'):
        make(guidance=[dict(type='TotalVariation')])


def test_only_the_energy_learns_and_it_does():
    prior = make()
    losses = prior.loss(*data())
    sum(value for name, value in losses.items() if name.startswith('loss')).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in prior.generator.energy.parameters())
    assert not prior.generator.replay_buffer.states.requires_grad


def test_the_loss_needs_classes():
    with pytest.raises(ValueError, match='asks for data_samples'):
        make()(data(4)[0], mode='loss')
