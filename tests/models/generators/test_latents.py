"""EBMGenerator with a decoder, against what it is without one."""

import pytest
import torch
from mmengine.model import BaseModule
from mmrazor.registry import MODELS
from torch import nn

from genkd_mm.apis import train
from genkd_mm.models.criteria import ImageNorm
from genkd_mm.utils import ConfigError, unwrapped

diffusers = pytest.importorskip('diffusers')

TINY = dict(
    type='AutoencoderTiny',
    encoder_block_out_channels=(4, 4),
    decoder_block_out_channels=(4, 4),
    num_encoder_blocks=(0, 1),
    num_decoder_blocks=(1, 0),
    latent_channels=3,
)


@MODELS.register_module(force=True)
class LinearDecoder(BaseModule):
    """x = scale z."""

    trained = True

    def __init__(self, image_shape, scale=1.0) -> None:
        super().__init__()
        self.latent_shape = image_shape
        self.scale = nn.Parameter(torch.tensor(scale))

    def encode(self, images):
        return images / self.scale

    def decode(self, latents):
        return latents * self.scale


@MODELS.register_module(force=True)
class LinearClassifier(nn.Module):
    """Four classes; the logits are linear in whatever it is given."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.fc = nn.Linear(inputs, 4)

    def forward(self, images, mode='tensor'):
        return self.fc(images.flatten(1))


def make(decoder=None, inputs=48, sampler=None, **changes):
    config = dict(
        type='EBMGenerator',
        image_shape=(3, 4, 4),
        mean=(60.0, 90.0, 120.0),
        std=(30.0, 50.0, 70.0),
        energy=dict(type='ClassifierEnergy', classifier=dict(type='LinearClassifier', inputs=inputs)),
        sampler=dict(type='LangevinSampler', num_steps=3, step_size=0.1, dtype='float32') | (sampler or {}),
        replay_buffer=dict(type='ReplayBuffer', capacity=40, restart_prob=0.0),
        decoder=decoder,
    )
    return MODELS.build({**config, **changes})


def diffusers_decoder(**more):
    return dict(type='DiffusersAutoencoder', network=TINY, **more)


def save(generator, path):
    """A prior, as GenKDCheckpointHook writes it."""
    torch.save(
        dict(
            state_dict={f'generator.{name}': value for name, value in generator.state_dict().items()},
            chains=generator.replay_buffer.state_dict(),
            chain_spec=generator.chain_spec.to_dict(),
            data_spec=dict(classes=list('abcd'), image_shape=[3, 4, 4], mean=[127.5], std=[127.5]),
        ),
        path,
    )
    return dict(type='Pretrained', checkpoint=str(path))


def student_after(config):
    runner = train(config)
    return unwrapped(unwrapped(runner.model).student).state_dict(), runner.message_hub.log_scalars


def test_genkd_with_an_identity_decoder_is_genkd_on_pixels(tiny, tmp_path):
    """With guidance and policy gradient; chains start half as wide, so clamping changes nothing."""
    prior = torch.load(tmp_path / 'prior.pth', weights_only=True)
    prior['chains']['states'] *= 0.5
    small_steps = {
        'model.generator.sampler.step_size': 0.01,
        'model.generator.replay_buffer.restart_prob': 0.0,
        'model.generator.sampler.guidance': [dict(type='Disagreement', weight=-1.0)],
    }
    found = []
    for decoder in (None, dict(type='LinearDecoder')):
        spec = dict(start='uniform', step_sizes=[], noise_stds=[], clamp=decoder is None)
        state = prior['state_dict'] | ({'generator.decoder.scale': torch.tensor(1.0)} if decoder else {})
        torch.save({**prior, 'state_dict': state, 'chain_spec': spec}, tmp_path / 'prior.pth')
        found.append(student_after(tiny(**small_steps, **{'model.generator.decoder': decoder})))
    (pixels, pixel_log), (latents, latent_log) = found
    for name, value in pixels.items():
        torch.testing.assert_close(latents[name], value, msg=name)
    for name in ('train/policy/reward', 'train/policy/loss'):
        torch.testing.assert_close(latent_log[name].data[0], pixel_log[name].data[0], rtol=1e-4, atol=1e-6)


def test_guidance_reaches_the_latents_through_the_decoder():
    """One step: z + eta (grad f(z) - w scale grad c(x)), x = scale z, c the squared norm of the normalised x."""
    generator = make(
        dict(type='LinearDecoder', scale=0.5),
        sampler=dict(num_steps=1, noise_std=0.0, guidance=[ImageNorm(weight=1e-3)]),
        replay_buffer=dict(type='ReplayBuffer', capacity=4, restart_prob=0.0),
    )
    z, labels = torch.rand(4, 3, 4, 4), torch.arange(4)
    generator.replay_buffer.states = z.clone()
    states = generator.advance(labels).images
    mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (generator.mean, generator.std))
    normalised = ((0.5 * z + 1) * 127.5 - mean) / std
    cost_gradient = 2 * normalised * 127.5 / std * 0.5
    energy_gradient = generator.energy.classifier.fc.weight[labels].view_as(z)
    torch.testing.assert_close(states, z + 0.1 * (energy_gradient - 1e-3 * cost_gradient))
    assert generator.decoder.scale.grad is None and not generator.decoder.scale.requires_grad


def test_chains_of_latents_leave_the_range_of_pixels_and_images_do_not():
    generator = make(dict(type='LinearDecoder', scale=0.5), sampler=dict(step_size=10.0, start='normal'))
    samples = generator.sample(torch.arange(40) % 4)
    states = generator.replay_buffer.states
    assert states.abs().max() > 2
    images = generator.to_images(states)
    torch.testing.assert_close(images, (0.5 * states).clamp(-1, 1))
    stored = generator.normalise(generator.to_images(generator.replay_buffer.read(samples.slots)))
    torch.testing.assert_close(samples.images, stored)


def test_images_come_back_from_the_classifiers_space_as_latents():
    generator = make(dict(type='LinearDecoder', scale=0.5))
    z = 2 * torch.rand(5, 3, 4, 4) - 1
    torch.testing.assert_close(generator.from_classifier(generator.to_classifier(z)), z)


def test_energy_and_chains_have_the_shape_of_the_latents():
    generator = make(diffusers_decoder(), inputs=12)
    assert generator.state_shape == (3, 2, 2) and generator.replay_buffer.states.shape == (40, 3, 2, 2)
    assert generator.sample(torch.arange(4)).images.shape == (4, 3, 4, 4)
    with pytest.raises(ConfigError, match=r'generator.energy does not take images of shape \(3, 2, 2\)'):
        make(diffusers_decoder())


def test_the_priors_checkpoint_brings_the_decoder(tmp_path):
    source = make(diffusers_decoder(), inputs=12)
    source.decoder.measure(torch.randn(9, 3, 2, 2) * 2 + 1)
    target = make(diffusers_decoder(), inputs=12, init_cfg=save(source, tmp_path / 'prior.pth'))
    target.init_weights()
    z = torch.randn(4, 3, 2, 2)
    assert torch.equal(target.to_images(z), source.to_images(z))
    assert torch.equal(target.replay_buffer.states, source.replay_buffer.states)


def test_a_prior_of_another_space_or_with_another_decoder_is_refused(tmp_path):
    pixels = save(make(), tmp_path / 'pixels.pth')
    latents = save(make(diffusers_decoder(), inputs=12), tmp_path / 'latents.pth')
    deeper = dict(TINY, num_decoder_blocks=(2, 0))
    for generator, words in (
        (make(dict(type='LinearDecoder'), init_cfg=pixels), 'is a prior of images but the config has a generator.dec'),
        (make(init_cfg=latents), 'is a prior on latents but the config has no generator.decoder; add the decoder'),
        (
            make(dict(type='DiffusersAutoencoder', network=deeper), inputs=12, init_cfg=latents),
            r'does not fit the model in the config: .*first: decoder.network',
        ),
    ):
        with pytest.raises(ConfigError, match=words):
            generator.init_weights()


def test_a_decoder_without_weights_is_refused():
    with pytest.raises(ConfigError, match='generator.decoder has no weights; name a checkpoint of AutoencoderTraining'):
        make(diffusers_decoder(), inputs=12).init_weights()
