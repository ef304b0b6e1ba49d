"""A plain convolutional network for small grey images."""

from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmrazor.registry import MODELS
from torch import Tensor, nn

STRIDES = (2, 1, 2, 1, 1)


@MODELS.register_module()
class SmallConvNet(BaseModule):
    """Five 3x3 convolutions of ``width`` channels each; the first and the third halve the image.

    With batch norm and ReLU it is a classifier's backbone, with a smooth activation and no norm an energy's.

    Args:
        width (int): Channels of each convolution.
        in_channels (int): Image channels. Defaults to 1.
        norm (str, optional): A registered normalisation after each convolution, or None. Defaults to BN.
        activation (str): A registered activation after that. Defaults to ReLU.
        init_cfg (dict, optional): Defaults to He initialisation of the convolutions, by their fan-in.
    """

    def __init__(
        self,
        width: int,
        in_channels: int = 1,
        norm: str | None = 'BN',
        activation: str = 'ReLU',
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg or dict(type='Kaiming', layer='Conv2d', mode='fan_in'))
        layers, channels = [], in_channels
        for stride in STRIDES:
            layers.append(
                ConvModule(
                    channels,
                    width,
                    3,
                    stride,
                    1,
                    norm_cfg=norm and dict(type=norm),
                    act_cfg=dict(type=activation),
                    inplace=False,
                )
            )
            channels = width
        self.layers = nn.Sequential(*layers)
        self.out_channels = width

    def forward(self, x: Tensor) -> tuple[Tensor]:
        """(N, in_channels, H, W) -> ((N, width, H / 4, W / 4),), a tuple as mmpretrain's backbones return."""
        return (self.layers(x),)
