import json

import pytest
import torch
from mmrazor.registry import MODELS

from genkd_mm.models import DiffusersAutoencoder
from genkd_mm.utils import ConfigError

diffusers = pytest.importorskip('diffusers')

TINY = dict(
    type='AutoencoderTiny',
    encoder_block_out_channels=(8, 8, 8),
    decoder_block_out_channels=(8, 8, 8),
    num_encoder_blocks=(0, 1, 1),
    num_decoder_blocks=(1, 1, 0),
)
KL = dict(
    down_block_types=('DownEncoderBlock2D', 'DownEncoderBlock2D'),
    up_block_types=('UpDecoderBlock2D', 'UpDecoderBlock2D'),
    block_out_channels=(8, 8),
    norm_num_groups=4,
    scaling_factor=0.25,
    shift_factor=0.5,
)


def make(network=TINY, image_shape=(3, 16, 16), **more) -> DiffusersAutoencoder:
    return MODELS.build(dict(type='DiffusersAutoencoder', network=network, image_shape=image_shape, **more))


def images(number=4, size=16):
    return 2 * torch.rand(number, 3, size, size) - 1


def test_latents_are_those_of_the_network_in_both_directions():
    autoencoder, x = make(), images()
    z = autoencoder.encode(x)
    assert z.shape[1:] == autoencoder.latent_shape == (4, 4, 4)
    torch.testing.assert_close(z, autoencoder.network.encode(x).latents)
    torch.testing.assert_close(autoencoder.decode(z), autoencoder.network.decode(z).sample)


def test_measured_latents_have_zero_mean_and_unit_variance_and_decode_to_the_same_image():
    autoencoder, x = make(), images(16)
    before = autoencoder.decode(autoencoder.encode(x))
    for _ in range(100):
        autoencoder.measure(autoencoder.encode(x))
    z = autoencoder.encode(x)
    torch.testing.assert_close(z.mean((0, 2, 3)), torch.zeros(4), atol=1e-3, rtol=0)
    torch.testing.assert_close(z.std((0, 2, 3)), torch.ones(4), atol=1e-2, rtol=0)
    torch.testing.assert_close(autoencoder.decode(z), before)


def test_images_of_another_size_are_resized_to_the_networks_and_back():
    autoencoder = make(image_shape=(3, 40, 40), size=16)
    assert autoencoder.encode(images(2, 40)).shape == (2, 4, 4, 4)
    assert autoencoder.decode(torch.randn(2, 4, 4, 4)).shape == (2, 3, 40, 40)
    grey = torch.full((1, 3, 40, 40), 0.25)
    torch.testing.assert_close(autoencoder.encode(grey), make_like(autoencoder).encode(grey[..., :16, :16]))


def make_like(autoencoder):
    other = make()
    other.load_state_dict(autoencoder.state_dict())
    return other


@pytest.fixture
def folder(tmp_path):
    """An AutoencoderKL as Hugging Face publishes one."""
    diffusers.AutoencoderKL(**KL).save_pretrained(tmp_path / 'kl', safe_serialization=True)
    return tmp_path / 'kl'


def test_a_folder_gives_weights_and_scale(folder):
    autoencoder, x = make(str(folder)), images()
    assert autoencoder.trained and autoencoder.latent_shape == (4, 8, 8)
    original = diffusers.AutoencoderKL.from_pretrained(folder, low_cpu_mem_usage=False)
    expected = (original.encode(x).latent_dist.mean - 0.5) * 0.25  # as diffusers' pipelines have it
    torch.testing.assert_close(autoencoder.encode(x), expected)
    torch.testing.assert_close(autoencoder.decode(expected), original.decode(expected / 0.25 + 0.5).sample)


def test_a_checkpoint_comes_back_whole(tmp_path):
    source = make()
    source.measure(torch.randn(8, 4, 4, 4) * 3 + 1)
    state = {f'autoencoder.{name}': value for name, value in source.state_dict().items()}
    torch.save(dict(state_dict={**state, 'teacher.weight': torch.zeros(1)}), tmp_path / 'final.pth')
    target = make(init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'final.pth')))
    target.init_weights()
    for name, value in source.state_dict().items():
        assert torch.equal(target.state_dict()[name], value), name
    other = dict(TINY, latent_channels=8)
    with pytest.raises(ConfigError, match=r'init_cfg.checkpoint \(.*final.pth\) does not fit the model'):
        make(other, init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'final.pth'))).init_weights()


@pytest.mark.parametrize(
    'network, shape, words',
    [
        (dict(TINY, type='VQModel'), (3, 16, 16), "network.type is 'VQModel'; expected AutoencoderTiny or Auto"),
        (dict(TINY, widths=3), (3, 16, 16), 'network does not fit AutoencoderTiny: .*widths'),
        (TINY, (1, 16, 16), 'in_channels=3 but the images have 1'),
        (TINY, (3, 18, 18), 'halves images 2 times but they are 18 x 18; set its size to a multiple of 4'),
        ('nowhere', (3, 16, 16), r'network \(nowhere\) is no folder with the config.json'),
    ],
)
def test_what_does_not_fit_is_one_sentence(network, shape, words):
    with pytest.raises(ConfigError, match=words):
        make(network, shape)


def test_a_folder_that_is_not_whole_is_refused(folder):
    weights = folder / 'diffusion_pytorch_model.safetensors'
    whole = weights.read_bytes()
    weights.write_bytes(whole[:100])
    with pytest.raises(ConfigError, match='cannot be loaded'):
        make(str(folder))
    weights.unlink()
    with pytest.raises(ConfigError, match='cannot be loaded'):
        make(str(folder))
    from safetensors.torch import load, save_file

    tensors = load(whole)
    first = sorted(tensors)[0]
    save_file({name: value for name, value in tensors.items() if name != first}, weights, {'format': 'pt'})
    with pytest.raises(ConfigError, match=f'lacks 1 parameters .first: {first}'):
        make(str(folder))
    config = json.loads((folder / 'config.json').read_text())
    (folder / 'config.json').write_text(json.dumps(dict(config, _class_name='UNet2DModel')))
    with pytest.raises(ConfigError, match="_class_name of config.json is 'UNet2DModel'"):
        make(str(folder))


def test_without_diffusers_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    with pytest.raises(ConfigError, match='DiffusersAutoencoder needs diffusers, which cannot be imported; run: pip'):
        make()
