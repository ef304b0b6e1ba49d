import torch

from genkd_mm.structures.pixels import from_pixels, to_bytes, to_pixels


def test_every_pixel_comes_back():
    pixels = torch.arange(256, dtype=torch.uint8)
    images = from_pixels(pixels)
    assert images.min() == -1 and images.max() == 1
    assert torch.equal(to_bytes(images), pixels)
    torch.testing.assert_close(to_pixels(images), pixels.float())


def test_what_lies_outside_is_clipped():
    assert to_bytes(torch.tensor([-1.5, 0.0, 2.0])).tolist() == [0, 128, 255]
