"""A neck that keeps the positions of the feature map."""

import torch
from mmengine.model import BaseModule
from mmrazor.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class FlattenNeck(BaseModule):
    """The whole feature map as a vector, with its squares: h -> (h, h^2).

    A linear head on it has weights of its own for every place, where average pooling would sum over the places. With
    the squares f(x, y) is a quadratic form of the features, whose gradient depends on them, not only on which
    activations are on.
    """

    def forward(self, maps: tuple[Tensor, ...]) -> tuple[Tensor]:
        """((..., (N, C, H, W)),) -> ((N, 2 C H W),), of the last map; tuples, as mmpretrain's necks have them."""
        flat = maps[-1].flatten(1)
        return (torch.cat([flat, flat.square()], 1),)
