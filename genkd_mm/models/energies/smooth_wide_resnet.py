"""A wide residual network that is smooth and has no normalisation."""

from mmengine.model import BaseModule
from mmrazor.registry import MODELS
from torch import Tensor, nn


class SmoothBlock(nn.Module):
    """x + conv(act(conv(act(x)))), with a 1x1 projection where the shape changes."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, activation: str) -> None:
        super().__init__()
        self.act1 = MODELS.build(dict(type=activation))
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1)
        self.act2 = MODELS.build(dict(type=activation))
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1)
        same = stride == 1 and in_channels == out_channels
        self.shortcut = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, out_channels, H / stride, W / stride)."""
        return self.shortcut(x) + self.conv2(self.act2(self.conv1(self.act1(x))))


@MODELS.register_module()
class SmoothWideResNet(BaseModule):
    """WRN-depth-width (Zagoruyko and Komodakis, 2016) for energies: smooth activation, no batch norm.

    Three stages of (depth - 4) / 6 blocks with 16, 32 and 64 times ``widen_factor`` channels; stages two and three
    halve the image, unless ``strides`` says otherwise. Without normalisation the signal would grow with every block,
    so the second convolution of a block starts at 1 / sqrt(number of blocks) of its usual scale (Zhang et al.,
    "Fixup", ICLR 2019).

    Args:
        depth (int): 6 n + 4, for example 10, 16, 28. Defaults to 28.
        widen_factor (int): Width. Defaults to 10.
        in_channels (int): Image channels. Defaults to 3.
        base_channels (int): Channels of the stem, and of stage one at width 1. Defaults to 16.
        strides (tuple[int, ...]): Stride of each stage; as many stages as strides, each of twice the channels of the
            one before. Defaults to (1, 2, 2).
        stem_stride (int): Stride of the stem, a convolution of ``stem_stride`` + 2 pixels a side. Defaults to 1.
        activation (str): A registered smooth activation. Defaults to SiLU.
        init_cfg (dict, optional): Defaults to He initialisation of the convolutions.

    Raises:
        ValueError: If ``depth`` is not 6 n + 4 with n >= 1.
    """

    def __init__(
        self,
        depth: int = 28,
        widen_factor: int = 10,
        in_channels: int = 3,
        base_channels: int = 16,
        strides: tuple[int, ...] = (1, 2, 2),
        stem_stride: int = 1,
        activation: str = 'SiLU',
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg or dict(type='Kaiming', layer='Conv2d', a=0, nonlinearity='relu'))
        if depth < 10 or (depth - 4) % 6:
            raise ValueError(f'SmoothWideResNet.depth is {depth}; expected 6 n + 4: 10, 16, 22, 28, ...')
        blocks_per_stage = (depth - 4) // 6
        self.num_blocks = len(strides) * blocks_per_stage
        self.stem = nn.Conv2d(in_channels, base_channels, stem_stride + 2, stem_stride, 1)
        channels, blocks = base_channels, list[nn.Module]()
        for stage, stride in enumerate(strides):
            out_channels = base_channels * widen_factor * 2**stage
            for index in range(blocks_per_stage):
                blocks.append(SmoothBlock(channels, out_channels, 1 if index else stride, activation))
                channels = out_channels
        self.blocks = nn.Sequential(*blocks)
        self.act = MODELS.build(dict(type=activation))
        self.out_channels = channels

    def init_weights(self) -> None:
        """Initialise as the class docstring says."""
        configs = self.init_cfg if isinstance(self.init_cfg, list) else [self.init_cfg]
        fresh = not self._is_init and all(config['type'] != 'Pretrained' for config in configs)
        super().init_weights()
        if fresh:
            for block in (module for module in self.blocks if isinstance(module, SmoothBlock)):
                block.conv2.weight.data.mul_(self.num_blocks**-0.5)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        """(N, in_channels, H, W) -> ((N, out_channels, H / s, W / s),), s the product of all strides; a tuple, as
        mmpretrain's backbones return."""
        return (self.act(self.blocks(self.stem(x))),)
