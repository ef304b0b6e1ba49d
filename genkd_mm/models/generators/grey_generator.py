"""Grey images from mmrazor's generators."""

from mmengine.model import BaseModule
from mmrazor.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class GreyGenerator(BaseModule):
    """The first channel of a generator whose images always have three, as mmrazor's DAFL and ZSKT generators have.

    Their last layers, a convolution and a batch norm, treat each channel by itself, so this is the generator that
    has one channel; the other two take no gradient.

    Args:
        generator (dict): Config of ``DAFLGenerator`` or ``ZSKTGenerator``; its ``img_size`` must be a multiple of 4.
        init_cfg (dict, optional): As for any mmengine module.
    """

    def __init__(self, generator: dict, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.generator = MODELS.build(generator)
        self.latent_dim = self.generator.latent_dim

    def forward(self, data: Tensor | None = None, batch_size: int = 1) -> Tensor:
        """Latent vectors (N, latent_dim), or a number of images, -> (N, 1, H, W)."""
        return self.generator(data, batch_size)[:, :1]
