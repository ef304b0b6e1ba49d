import torch
from mmrazor.registry import MODELS


def test_images_are_pixels_in_the_classifiers_space():
    """Also where the generator's last layer has learnt large numbers, and a loss still reaches it."""
    inner = dict(type='ZSKTGenerator', img_size=8, latent_dim=5, hidden_channels=8)
    generator = MODELS.build(dict(type='PixelGenerator', generator=inner, mean=[10.0, 20.0, 30.0], std=[50.0] * 3))
    last = [module for module in generator.modules() if isinstance(module, torch.nn.BatchNorm2d)][-1]
    torch.nn.init.constant_(last.weight, 3.0)
    images = generator(torch.randn(40, generator.latent_dim), 40)
    pixels = images * 50 + torch.tensor([10.0, 20.0, 30.0])[:, None, None]
    assert images.shape == (40, 3, 8, 8)
    assert -1e-3 < pixels.min() < 10 and 245 < pixels.max() < 255 + 1e-3
    images.sum().backward()
    assert last.weight.grad.abs().min() > 0
