"""The residual networks that were made for CIFAR."""

from mmpretrain.models.backbones import ResNet_CIFAR
from mmpretrain.models.backbones.resnet import BasicBlock
from mmrazor.registry import MODELS


@MODELS.register_module()
class CIFARResNet(ResNet_CIFAR):
    """ResNet-(6 n + 2) (He et al., CVPR 2016, section 4.2): three stages of n basic blocks.

    Stages have 1, 2 and 4 times ``base_channels`` channels; stages two and three halve the image. It is mmpretrain's
    ``ResNet_CIFAR`` in all else; that class itself builds ImageNet's four stages. ``resnet8x4`` and ``resnet32x4`` of
    the distillation literature (Tian et al., "CRD", ICLR 2020) are depth 8 and 32 with 32 stem and 64 base channels.

    Args:
        depth (int): 6 n + 2, for example 8, 20, 32, 56.
        stem_channels (int): Channels of the first convolution. Defaults to 16.
        base_channels (int): Channels of stage one. Defaults to 16.
        **kwargs: ``in_channels`` and what else mmpretrain's ``ResNet_CIFAR`` takes and has no fixed value here.

    Raises:
        ValueError: If ``depth`` is not 6 n + 2 with n >= 1.
    """

    def __init__(self, depth: int, stem_channels: int = 16, base_channels: int = 16, **kwargs) -> None:
        if depth < 8 or (depth - 2) % 6:
            raise ValueError(f'CIFARResNet.depth is {depth}; expected 6 n + 2: 8, 14, 20, 26, 32, ...')
        self.arch_settings = {depth: (BasicBlock, ((depth - 2) // 6,) * 3)}
        super().__init__(
            depth,
            stem_channels=stem_channels,
            base_channels=base_channels,
            num_stages=3,
            strides=(1, 2, 2),
            dilations=(1, 1, 1),
            **{'out_indices': (2,), **kwargs},
        )
        self.out_channels = self.feat_dim
