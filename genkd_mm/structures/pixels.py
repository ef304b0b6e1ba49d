"""Images in [-1, 1], their pixels, 0..255, and the space in which classifiers see them."""

from torch import Tensor

HALF_RANGE = 127.5


def to_pixels(images: Tensor) -> Tensor:
    """[-1, 1] -> 0..255, not rounded."""
    return (images + 1) * HALF_RANGE


def to_bytes(images: Tensor) -> Tensor:
    """[-1, 1] -> uint8, without any stretch of the contrast."""
    return to_pixels(images.float()).round().clamp(0, 255).byte()


def from_pixels(pixels: Tensor) -> Tensor:
    """0..255, of any dtype -> float32 in [-1, 1]."""
    return pixels.float() / HALF_RANGE - 1


def normalised(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """[-1, 1] -> (pixel - mean) / std; ``mean`` and ``std`` of 0..255 have shape (C, 1, 1)."""
    return (to_pixels(images) - mean) / std


def denormalised(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """The inverse of :func:`normalised`."""
    return from_pixels(images * std + mean)
