import copy

import pytest
import torch
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS
from torch import nn

from genkd_mm.models import EBMGenerator
from genkd_mm.utils import ConfigError

MEAN, STD = (60.0, 90.0, 120.0), (30.0, 50.0, 70.0)


@MODELS.register_module(force=True)
class ToyClassifier(nn.Module):
    """Four classes; the logits are linear in the image."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(3 * 4 * 4, 4)

    def forward(self, images, mode='tensor'):
        return self.fc(images.flatten(1))


def make(**changes) -> EBMGenerator:
    config = dict(
        type='EBMGenerator',
        image_shape=(3, 4, 4),
        mean=MEAN,
        std=STD,
        energy=dict(type='ClassifierEnergy', classifier=dict(type='ToyClassifier')),
        sampler=dict(type='LangevinSampler', num_steps=3, step_size=0.1),
        replay_buffer=dict(type='ReplayBuffer', capacity=40, restart_prob=0.0),
    )
    with DefaultScope.overwrite_default_scope('mmrazor'):
        return MODELS.build({**config, **changes})


def test_mmrazors_contract():
    generator = make()
    latent = torch.randn(6, generator.latent_dim)
    assert generator(latent, 6).shape == (6, 3, 4, 4)
    assert generator(data=None, batch_size=5).shape == (5, 3, 4, 4)
    assert generator().shape == (1, 3, 4, 4)


def test_noise_in_blocks_that_do_not_divide_the_image_is_refused():
    with pytest.raises(ConfigError, match=r'sampler.noise_block is 3 but chains have the shape \(3, 4, 4\)'):
        make(sampler=dict(type='LangevinSampler', noise_block=3))


def test_pixels_arrive_as_a_preprocessor_would_give_them():
    generator = make()
    pixels = torch.randint(0, 256, (2, 3, 4, 4)).float()
    expected = (pixels - torch.tensor(MEAN).view(-1, 1, 1)) / torch.tensor(STD).view(-1, 1, 1)
    torch.testing.assert_close(generator.to_classifier(pixels / 127.5 - 1), expected)
    torch.testing.assert_close(generator.from_classifier(expected), pixels / 127.5 - 1)


def test_black_and_white_are_the_ends_of_the_chains_range():
    generator = make()
    images = generator.to_classifier(torch.stack([torch.full((3, 4, 4), v) for v in (-1.0, 1.0)]))
    torch.testing.assert_close(images[0, :, 0, 0], -torch.tensor(MEAN) / torch.tensor(STD))
    torch.testing.assert_close(images[1, :, 0, 0], (255 - torch.tensor(MEAN)) / torch.tensor(STD))


def test_sampling_advances_the_labels_chains_and_stores_them():
    generator = make()
    before = generator.replay_buffer.states.clone()
    labels = torch.tensor([0, 0, 3])
    samples = generator.sample(labels)
    changed = (generator.replay_buffer.states != before).flatten(1).any(1)
    assert changed.sum() == 3
    assert torch.equal(generator.replay_buffer.labels[changed], labels)
    stored = generator.to_classifier(generator.replay_buffer.states[changed])
    assert {tuple(image.flatten().tolist()) for image in stored} == {
        tuple(image.flatten().tolist()) for image in samples.images
    }


def test_conditional_chains_climb_the_logit_of_their_class():
    torch.manual_seed(0)
    generator = make(sampler=dict(type='LangevinSampler', num_steps=50, step_size=0.5, noise_std=0.01))
    labels = torch.arange(40) % 4
    images = generator.from_classifier(generator.sample(labels).images)
    assert (generator.energy.logits(images).argmax(1) == labels).all()


def test_unconditional_chains_have_no_label():
    generator = make(conditional=False)
    assert generator.sample(torch.zeros(3).long()).labels is None
    assert generator.replay(3).labels is None
    assert generator.replay_buffer.num_classes == 1


def test_replay_gives_stored_states_and_changes_nothing():
    generator = make()
    before = generator.replay_buffer.states.clone()
    images, labels, *_ = generator.replay(8)
    assert torch.equal(generator.replay_buffer.states, before)
    assert labels.bincount().tolist() == [2, 2, 2, 2]
    stored = generator.to_classifier(before)
    assert all((image == stored).flatten(1).all(1).any() for image in images)


@pytest.mark.parametrize('number', [4, 8, 10, 3])
def test_random_labels_are_balanced(number):
    counts = make().random_labels(number).bincount(minlength=4)
    assert counts.sum() == number and counts.max() - counts.min() <= 1


def test_samples_come_with_the_window_that_was_asked_for():
    generator, labels = make(), torch.tensor([0, 3, 1])
    assert generator.sample(labels).trajectory is None and generator.replay(3).trajectory is None
    samples = generator.sample(labels, window=2)
    assert samples.trajectory.noise.shape == (2, 3, 3, 4, 4) and torch.equal(samples.trajectory.labels, labels)
    torch.testing.assert_close(generator.to_classifier(samples.trajectory.final), samples.images)


def test_a_broken_chain_restarts_alone_and_earns_nothing():
    generator, labels = make(), torch.tensor([0, 1, 2, 3])
    generator.replay_buffer.states[10:20] = float('nan')  # the chains of class 1
    samples = generator.sample(labels, window=2)
    states = generator.replay_buffer.states[samples.slots]
    assert states.isfinite().all() and states.abs().max() <= 1
    trajectory = samples.trajectory
    assert torch.equal(trajectory.images[:, 1], states[1].expand(3, -1, -1, -1))
    assert torch.equal(trajectory.final, states)
    assert (trajectory.images[0, [0, 2, 3]] != trajectory.images[1, [0, 2, 3]]).flatten(1).any(1).all()
    assert generator.count_broken_chains() == 1 and generator.count_broken_chains() == 0


def test_an_objective_sees_the_energy_and_its_gradient():
    generator = make()
    losses = generator(objective=lambda energy: dict(loss=energy(torch.ones(2, 3, 4, 4)).sum()))
    losses['loss'].backward()
    assert all(parameter.grad is not None for parameter in generator.energy.parameters())


def test_a_prior_comes_back_whole(tmp_path):
    source, target = make(), make(init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'prior.pth')))
    torch.save(
        dict(
            state_dict={f'generator.{k}': v for k, v in source.state_dict().items()},
            chains=source.replay_buffer.state_dict(),
            data_spec=dict(classes=list('abcd'), image_shape=[3, 4, 4], mean=[127.5], std=[127.5]),
        ),
        tmp_path / 'prior.pth',
    )
    target.init_weights()
    for name, value in source.state_dict().items():
        assert torch.equal(target.state_dict()[name], value)
    assert torch.equal(target.replay_buffer.states, source.replay_buffer.states)
    prior = copy.deepcopy(target.prior.states)
    target.sample(torch.arange(4))
    assert torch.equal(target.prior.states, prior)  # the positives of the fine-tuning stay as they were


def test_filling_replaces_every_chain_by_a_new_one_of_its_class():
    generator = make(sampler=dict(type='LangevinSampler', num_steps=3, step_size=10.0, noise_std=0.0, start='normal'))
    generator.init_weights()
    before = generator.replay_buffer.states.clone()
    generator.fill(batch_size=15)
    states = generator.replay_buffer.states
    assert (states != before).flatten(1).any(1).all() and states.abs().max() <= 1
    assert (generator.energy.logits(states).argmax(1) == generator.replay_buffer.labels).float().mean() > 0.9
