import pytest
import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS

from genkd_mm.utils import ConfigError

pytest.importorskip('diffusers')

MEAN, STD = [40.0], [80.0]
TINY = dict(
    type='AutoencoderTiny',
    in_channels=1,
    out_channels=1,
    encoder_block_out_channels=(8, 8),
    decoder_block_out_channels=(8, 8),
    num_encoder_blocks=(0, 1),
    num_decoder_blocks=(1, 0),
)


@MODELS.register_module(force=True)
class Darkening(BaseModule):
    """No autoencoder: its reconstructions are 0.1 darker than the images."""

    def __init__(self, image_shape) -> None:
        super().__init__()
        self.latent_shape = image_shape

    def encode(self, images):
        return images

    def decode(self, latents):
        return latents - 0.1

    def measure(self, latents):
        pass


@pytest.fixture
def make(tmp_path, teacher, teacher_config):
    """Factory: a training with the teacher of the fixtures."""

    def build(autoencoder=None, **options):
        spec = dict(classes=list('0123456789'), image_shape=[1, 8, 8], mean=MEAN, std=STD)
        torch.save(dict(state_dict=teacher.state_dict(), data_spec=spec), tmp_path / 'teacher.pth')
        config = dict(
            type='AutoencoderTraining',
            autoencoder=autoencoder or dict(type='DiffusersAutoencoder', network=TINY),
            teacher=teacher_config,
            teacher_ckpt=str(tmp_path / 'teacher.pth'),
            image_shape=(1, 8, 8),
            data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', mean=MEAN, std=STD),
        )
        training = MODELS.build({**config, **options})
        training.init_weights()
        return training.train()

    return build


def seen(images):
    """[-1, 1] as the teacher sees it."""
    return ((images + 1) * 127.5 - MEAN[0]) / STD[0]


def test_the_losses_are_those_of_the_formula(make, teacher):
    training = make(
        dict(type='Darkening'), pixel_weight=2.0, feature_weight=3.0, logit_weight=4.0, latent_noise_std=0.0
    )
    images = 2 * torch.rand(6, 1, 8, 8) - 1
    losses = training(seen(images), mode='loss')
    torch.testing.assert_close(losses['loss_pixels'], torch.tensor(0.2))
    with torch.no_grad():
        maps, made_maps = (teacher.extract_feat(seen(x), stage='backbone') for x in (images, images - 0.1))
        logits, made_logits = (teacher(seen(x), mode='tensor') for x in (images, images - 0.1))
    errors = [((b - a) ** 2).sum() / (a**2).sum() for a, b in zip(maps, made_maps)]
    assert len(errors) == 2
    torch.testing.assert_close(losses['loss_features'], 3 * sum(errors) / 2)
    divergence = torch.distributions.kl_divergence(
        *(torch.distributions.Categorical(logits=x) for x in (logits, made_logits))
    )
    torch.testing.assert_close(losses['loss_logits'], 4 * divergence.mean())


def test_training_lowers_every_loss_measures_the_latents_and_leaves_the_teacher(make, teacher):
    training = make()
    optimizer = torch.optim.Adam([p for p in training.parameters() if p.requires_grad], lr=3e-3)
    images = F.interpolate(2 * torch.rand(16, 1, 2, 2) - 1, (8, 8), mode='bilinear')
    history = []
    for _ in range(60):
        losses = training(seen(images), mode='loss')
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
        history.append({name: value.item() for name, value in losses.items()})
    assert all(history[-1][name] < 0.8 * history[0][name] for name in history[0])
    z = training.autoencoder.encode(images)
    assert z.mean((0, 2, 3)).abs().max() < 0.3 and 0.7 < z.std() < 1.4
    for name, value in teacher.state_dict().items():
        assert torch.equal(value, training.teacher.state_dict()[name]), name


def test_evaluation_asks_the_teacher_about_reconstructions(make, teacher):
    training = make(dict(type='Darkening')).eval()
    images = 0.8 * (2 * torch.rand(5, 1, 8, 8) - 1)
    samples = training(seen(images), [DataSample() for _ in images], mode='predict')
    with torch.no_grad():
        expected = teacher(seen(images - 0.1), mode='tensor').softmax(1)
    torch.testing.assert_close(torch.stack([sample.pred_score for sample in samples]), expected)
    torch.testing.assert_close(training(seen(images)), seen(images - 0.1))


def test_a_teacher_of_other_images_is_refused(make):
    with pytest.raises(ConfigError, match='model.teacher_ckpt .* was trained with mean=.* but the config expects'):
        make(data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', mean=[0.0], std=STD))
