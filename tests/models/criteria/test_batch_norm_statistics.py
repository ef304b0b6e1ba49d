import numpy as np
import pytest
import torch
from torch import nn

from genkd_mm.models import BatchNormStatistics, FrozenNetworks
from genkd_mm.utils import ConfigError


class Layers(nn.Sequential):
    """Layers that are called as a classifier is."""

    def forward(self, inputs: torch.Tensor, mode: str) -> torch.Tensor:
        return super().forward(inputs)


def bound(*layers: nn.Module, **options) -> BatchNormStatistics:
    teacher = Layers(*layers).eval()
    criterion = BatchNormStatistics(**options)
    criterion.bind(FrozenNetworks(dict(teacher=teacher), teacher))
    return criterion


@pytest.fixture
def layer() -> nn.BatchNorm2d:
    layer = nn.BatchNorm2d(2)
    layer.running_mean.copy_(torch.tensor([0.5, -1.0]))
    layer.running_var.copy_(torch.tensor([2.0, 0.3]))
    return layer


def test_formula_of_one_layer(layer, labels):
    images = torch.randn(5, 2, 4, 3)
    pixels = images.numpy().reshape(5, 2, 12)
    mean = ((pixels.mean(2) - [0.5, -1.0]) ** 2).mean(1)
    variance = ((pixels.var(2) - [2.0, 0.3]) ** 2).mean(1)
    np.testing.assert_allclose(bound(layer)(images, labels).numpy(), mean + variance, rtol=1e-5)


def test_formula_of_a_batch(layer, labels):
    images = torch.randn(5, 2, 4, 3)
    pixels = images.numpy().transpose(1, 0, 2, 3).reshape(2, 60)
    distance = np.linalg.norm(pixels.mean(1) - [0.5, -1.0]) + np.linalg.norm(pixels.var(1) - [2.0, 0.3])
    np.testing.assert_allclose(bound(layer, per_image=False)(images, labels).numpy(), [distance] * 5, rtol=1e-5)


def test_a_batch_may_differ_as_the_data_does(layer, labels):
    """Images of one colour each: the batch has the remembered statistics, no image has."""
    levels = torch.tensor([1.0, -1.0, 1.0, -1.0]).view(4, 1, 1, 1)
    deviation, mean = layer.running_var.sqrt().view(1, 2, 1, 1), layer.running_mean.view(1, 2, 1, 1)
    images = (mean + deviation * levels).expand(4, 2, 4, 3)
    assert (bound(layer, per_image=False)(images, labels[:4]) < 1e-5).all()
    assert (bound(layer)(images, labels[:4]) > 0.5).all()


@pytest.mark.parametrize('per_image', [True, False])
def test_layers_are_summed(layer, labels, per_image):
    images = torch.randn(5, 2, 4, 3)
    other = nn.BatchNorm2d(2)
    normalised = layer.eval()(images)
    first, second = bound(layer, per_image=per_image), bound(other, per_image=per_image)
    expected = first(images, labels) + second(normalised, labels)
    both = bound(layer, nn.Identity(), other, per_image=per_image)
    torch.testing.assert_close(both(images, labels), expected)


def test_image_with_the_remembered_statistics_costs_nothing(layer):
    """Half of the pixels one deviation above the mean, half below."""
    signs = torch.tensor([1.0, -1.0]).repeat(8).view(1, 1, 4, 4)
    deviation, mean = layer.running_var.sqrt().view(1, 2, 1, 1), layer.running_mean.view(1, 2, 1, 1)
    images = mean + deviation * signs
    assert bound(layer)(images, torch.zeros(1, dtype=torch.long)).item() < 1e-10
    assert bound(layer)(images + 1, torch.zeros(1, dtype=torch.long)).item() == pytest.approx(1.0, rel=1e-4)


def test_layer_without_positions(labels):
    """After pooling each channel is one number: its mean is itself and its variance 0."""
    layer = nn.BatchNorm1d(6)
    layer.running_mean.fill_(0.5)
    layer.running_var.fill_(2.0)
    images = torch.randn(5, 2, 3, 1)
    expected = (images.flatten(1) - 0.5).square().mean(1) + 4.0
    torch.testing.assert_close(bound(nn.Flatten(), layer)(images, labels), expected)


def test_teacher_without_batch_norm_is_an_error(images, labels):
    with pytest.raises(ConfigError, match='BatchNormStatistics needs a teacher with batch norm'):
        bound(nn.Conv2d(1, 2, 1))(images, labels)


def test_batch_norm_that_remembers_nothing_is_an_error(labels):
    with pytest.raises(ConfigError, match='track_running_stats=False'):
        bound(nn.BatchNorm2d(2, track_running_stats=False))(torch.randn(5, 2, 4, 3), labels)
