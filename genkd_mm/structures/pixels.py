"""Images in [-1, 1], the energy's space, and their pixels, 0..255."""

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
