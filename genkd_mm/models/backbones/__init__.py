"""Backbones that neither mmpretrain nor mmrazor has; wide residual networks are ``mmrazor.WideResNet``."""

from .cifar_resnet import CIFARResNet
from .small_conv_net import SmallConvNet

__all__ = ['CIFARResNet', 'SmallConvNet']
