"""Criteria of the pixels alone."""

from mmrazor.registry import MODELS
from torch import Tensor

from .base import Criterion


@MODELS.register_module()
class TotalVariation(Criterion):
    """Mean squared difference of neighbouring pixels: c(x) = mean (dx)^2 + mean (dy)^2 >= 0.

    Source: Mahendran and Vedaldi, CVPR 2015, with exponent 2, in the classifiers' normalised space.
    """

    needs_networks = asks_teacher = False

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, C, H, W) -> (N,); the labels are not used."""
        vertical, horizontal = (images.diff(dim=axis).square().flatten(1).mean(1) for axis in (2, 3))
        return vertical + horizontal


@MODELS.register_module()
class ImageNorm(Criterion):
    """Squared Euclidean norm of the image: c(x) = sum x^2 >= 0, in the classifiers' normalised space."""

    needs_networks = asks_teacher = False

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, C, H, W) -> (N,); the labels are not used."""
        return images.square().flatten(1).sum(1)
