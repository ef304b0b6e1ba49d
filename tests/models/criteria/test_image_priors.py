import torch

from genkd_mm.models import ImageNorm, TotalVariation

LABELS = torch.zeros(2, dtype=torch.long)


def test_total_variation_of_slopes():
    """Steps of 3 to the right cost 9, steps of 2 downwards cost 4, whatever the size."""
    rows, columns = torch.meshgrid(torch.arange(6.0), torch.arange(5.0), indexing='ij')
    images = torch.stack([3 * columns, 3 * columns + 2 * rows + 7]).unsqueeze(1).expand(2, 3, 6, 5)
    assert TotalVariation()(images, LABELS).tolist() == [9.0, 13.0]


def test_total_variation_by_hand():
    images = torch.tensor([[[[1.0, 2.0], [4.0, 0.0]]], [[[5.0, 5.0], [5.0, 5.0]]]])
    # horizontal: ((2 - 1)^2 + (0 - 4)^2) / 2 = 8.5; vertical: ((4 - 1)^2 + (0 - 2)^2) / 2 = 6.5
    assert TotalVariation()(images, LABELS).tolist() == [15.0, 0.0]


def test_total_variation_does_not_compare_channels():
    images = torch.arange(3.0).view(1, 3, 1, 1).expand(2, 3, 4, 4)
    assert TotalVariation()(images, LABELS).tolist() == [0.0, 0.0]


def test_image_norm_by_hand():
    images = torch.stack([torch.full((3, 4, 5), 2.0), torch.zeros(3, 4, 5)])
    assert ImageNorm()(images, LABELS).tolist() == [4.0 * 60, 0.0]


def test_image_norm_is_the_squared_euclidean_norm():
    images = torch.randn(2, 3, 8, 8)
    expected = torch.stack([torch.linalg.vector_norm(image) for image in images]) ** 2
    torch.testing.assert_close(ImageNorm()(images, LABELS), expected)
