"""Generators whose images can be shown to a teacher that takes pixels."""

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from mmrazor.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class PixelGenerator(BaseModule):
    """Maps another generator's numbers z to pixels, 127.5 (1 + tanh z), in the classifiers' normalised space.

    A teacher that takes pixels, 0..255, then sees the same image as the student.

    Args:
        generator (dict): Config of a generator with a ``latent_dim``, such as ``ZSKTGenerator`` or ``GreyGenerator``.
        mean (Sequence[float]): The data preprocessor's mean of each channel, 0..255.
        std (Sequence[float]): The data preprocessor's standard deviation of each channel, 0..255.
        init_cfg (dict, optional): As for any mmengine module.
    """

    def __init__(
        self, generator: dict, mean: Sequence[float], std: Sequence[float], init_cfg: dict | None = None
    ) -> None:
        super().__init__(init_cfg)
        self.generator = MODELS.build(generator)
        self.latent_dim = self.generator.latent_dim
        for name, values in dict(mean=mean, std=std).items():
            self.register_buffer(name, torch.tensor(values).view(-1, 1, 1), persistent=False)

    def forward(self, data: Tensor | None = None, batch_size: int = 1) -> Tensor:
        """Latent vectors (N, latent_dim), or a number of images, -> (N, C, H, W)."""
        return (127.5 * (1 + self.generator(data, batch_size).tanh()) - self.mean) / self.std
