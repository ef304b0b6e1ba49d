"""The energy that says nothing."""

import torch
from mmengine.model import BaseModule
from mmrazor.registry import MODELS
from torch import Tensor

from .classifier_energy import log_density


@MODELS.register_module()
class FlatEnergy(BaseModule):
    """Logits 0 for every image and class: with it, a chain follows its guidance and the noise alone.

    This is what data-free distillation is without a model of the images: with the criteria of DeepInversion (Yin et
    al., CVPR 2020) as guidance, its image synthesis by Langevin steps. It has no parameters, and no prior to load.

    Args:
        num_classes (int): Number of classes that images are drawn for.
        init_cfg (dict, optional): As for any mmengine module; there is nothing to initialise.
    """

    def __init__(self, num_classes: int, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes

    def logits(self, images: Tensor) -> Tensor:
        """Zeros, shape (N, classes), of images (N, C, H, W); their gradient in the images is zero as well."""
        return torch.zeros_like(images).mul(images).flatten(1).sum(1, keepdim=True).expand(-1, self.num_classes)

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """f(x, y) = 0, or f(x) = log classes without labels; shape (N,)."""
        return log_density(self.logits(images), labels)
