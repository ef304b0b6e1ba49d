import pytest
import torch
from mmrazor.registry import MODELS


def make(kind: str, img_size: int, hidden_channels: int = 8):
    return MODELS.build(
        dict(
            type='GreyGenerator',
            generator=dict(type=kind, img_size=img_size, latent_dim=5, hidden_channels=hidden_channels),
        )
    )


@pytest.mark.parametrize('kind', ['DAFLGenerator', 'ZSKTGenerator'])
@pytest.mark.parametrize('img_size', [8, 28])
def test_mmrazors_generators_make_one_channel(kind, img_size):
    generator = make(kind, img_size)
    assert generator(torch.randn(6, generator.latent_dim), 6).shape == (6, 1, img_size, img_size)
    assert generator(batch_size=3).shape == (3, 1, img_size, img_size)


@pytest.mark.parametrize('kind', ['DAFLGenerator', 'ZSKTGenerator'])
def test_a_loss_reaches_what_makes_this_channel_and_nothing_else(kind):
    generator = make(kind, 8)
    generator(torch.randn(16, 5)).square().mul(torch.rand(16, 1, 8, 8)).sum().backward()
    last = [module for module in generator.modules() if isinstance(module, torch.nn.Conv2d)][-1]
    reached = last.weight.grad.flatten(1).any(1)
    assert reached.tolist() == [True, False, False]


def test_dafl_images_have_the_scale_of_normalised_data():
    images = make('DAFLGenerator', 28)(torch.randn(64, 5))
    assert abs(images.mean()) < 1e-4 and images.std().item() == pytest.approx(1.0, abs=1e-2)
