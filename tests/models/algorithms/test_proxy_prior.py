import pytest
import torch
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS

from genkd_mm.models import EnergyMatchingPrior
from genkd_mm.models.algorithms.proxy_prior import characteristic_classes
from genkd_mm.utils import ConfigError

MEAN, STD = [40.0], [80.0]
AUTOENCODER = dict(
    type='DiffusersAutoencoder',
    network=dict(
        type='AutoencoderTiny',
        in_channels=1,
        out_channels=1,
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        num_encoder_blocks=(0, 1),
        num_decoder_blocks=(1, 0),
    ),
    image_shape=(1, 8, 8),
)


@pytest.fixture
def make(tmp_path, teacher, teacher_config):
    """Factory: a prior with the teacher of the fixtures; ``spec`` changes what its checkpoint says.

    With ``latents`` it is one of the latents of an autoencoder at random, which decodes them to other images.
    """

    def autoencoder():
        pytest.importorskip('diffusers')
        state = {f'autoencoder.{name}': value for name, value in MODELS.build(AUTOENCODER).state_dict().items()}
        torch.save(dict(state_dict=state), tmp_path / 'autoencoder.pth')
        return dict(**AUTOENCODER, init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'autoencoder.pth')))

    def build(kind='ProxyPrior', start='uniform', options=None, latents=False, **spec):
        known = dict(classes=list('0123456789'), image_shape=[1, 8, 8], mean=MEAN, std=STD)
        torch.save(dict(state_dict=teacher.state_dict(), data_spec={**known, **spec}), tmp_path / 'teacher.pth')
        energy_net = dict(
            _scope_='mmpretrain',
            type='ImageClassifier',
            backbone=dict(
                type='mmrazor.SmoothWideResNet',
                depth=10,
                widen_factor=1,
                in_channels=4 if latents else 1,
                base_channels=4,
            ),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(type='LinearClsHead', num_classes=10, in_channels=16),
        )
        prior = MODELS.build(
            dict(
                type=kind,
                teacher=teacher_config,
                teacher_ckpt=str(tmp_path / 'teacher.pth'),
                teacher_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', mean=MEAN, std=STD, num_classes=10),
                data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', mean=[127.5], std=[127.5]),
                **(options or dict(data_noise_std=0.0)),
                generator=dict(
                    type='EBMGenerator',
                    image_shape=(1, 8, 8),
                    energy=dict(type='ClassifierEnergy', classifier=energy_net),
                    sampler=dict(type='LangevinSampler', num_steps=2, start=start),
                    replay_buffer=dict(type='ReplayBuffer', capacity=100),
                    decoder=autoencoder() if latents else None,
                ),
            )
        )
        prior.init_weights()
        return prior

    return build


@pytest.mark.parametrize('latents', [False, True])
def test_the_labels_are_the_teachers_of_the_images_and_those_of_the_data_are_not_used(make, teacher, latents):
    prior, images = make(latents=latents).train(), 2 * torch.rand(32, 1, 8, 8) - 1
    pixels = (images + 1) * 127.5
    with torch.no_grad():
        expected = characteristic_classes(teacher((pixels - MEAN[0]) / STD[0], mode='tensor'))
    losses = prior(images, [DataSample().set_gt_label(99)] * 32, mode='loss')  # no class of the teacher's
    logits = prior.generator.energy.logits(prior.generator.to_states(images))
    torch.testing.assert_close(losses['loss_classification'], torch.nn.functional.cross_entropy(logits, expected))
    torch.testing.assert_close(losses['energy_data'], logits.gather(1, expected[:, None]).mean())
    assert 0 < losses['label_balance'] <= 1


def test_energy_matching_takes_the_teachers_labels_too(make, teacher):
    prior = make('ProxyEnergyMatchingPrior', 'normal', options=dict(dtype='float32')).train()
    images = 2 * torch.rand(32, 1, 8, 8) - 1
    with torch.no_grad():
        labels = characteristic_classes(teacher(((images + 1) * 127.5 - MEAN[0]) / STD[0], mode='tensor'))
    torch.manual_seed(3)
    found = prior(images, mode='loss')
    torch.manual_seed(3)
    expected = EnergyMatchingPrior.loss(prior, images, labels)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value)


def test_the_teacher_is_loaded_and_stays_as_it_was(make, teacher):
    prior = make().train()
    optimizer = torch.optim.Adam([p for p in prior.parameters() if p.requires_grad], lr=0.1)
    losses = prior(2 * torch.rand(8, 1, 8, 8) - 1, mode='loss')
    sum(value for name, value in losses.items() if name.startswith('loss')).backward()
    optimizer.step()
    for name, value in teacher.state_dict().items():
        assert torch.equal(value, prior.teacher.state_dict()[name]), name
    assert all(p.grad is not None for p in prior.generator.energy.parameters())


def test_classes_are_balanced_where_the_argmax_is_not():
    torch.manual_seed(1)
    logits = torch.randn(400, 5) * torch.tensor([1.0, 2.0, 1.0, 0.5, 3.0]) + torch.tensor([9.0, 0.0, -5.0, 0.0, 3.0])
    assert logits.argmax(1).bincount(minlength=5).min() == 0
    assert characteristic_classes(logits).bincount(minlength=5).min() > 400 / 5 / 2


@pytest.mark.parametrize(
    'spec, message',
    [
        (dict(classes=list('012')), 'num_classes=3 but the config expects num_classes=10'),
        (dict(mean=[0.0]), 'mean=.* but the config expects mean'),
    ],
)
def test_a_teacher_of_other_data_is_refused(make, spec, message):
    with pytest.raises(ConfigError, match=f'model.teacher_ckpt .*{message}'):
        make(**spec)
