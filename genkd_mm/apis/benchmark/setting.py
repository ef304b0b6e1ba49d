"""The network, the batch and the chain that the measurements share."""

import torch
from mmrazor.registry import MODELS
from torch import nn

IMAGE_SHAPE = (3, 32, 32)
NUM_CLASSES = 10
STEP_SIZE, NOISE_STD = 1.0, 0.01


def device() -> torch.device:
    """The GPU, if there is one."""
    return torch.device('cuda' if torch.cuda.is_available() else 'cpu')


def energy_network(widen_factor: int) -> dict:
    """Config of a smooth, norm-free WRN-10 for CIFAR's images."""
    return dict(
        _scope_='mmpretrain',
        type='ImageClassifier',
        neck=dict(type='GlobalAveragePooling'),
        backbone=dict(type='mmrazor.SmoothWideResNet', depth=10, widen_factor=widen_factor),
        head=dict(type='LinearClsHead', num_classes=NUM_CLASSES, in_channels=64 * widen_factor),
    )


def energy(widen_factor: int) -> nn.Module:
    """A ``ClassifierEnergy`` with the same random weights at every call."""
    torch.manual_seed(0)
    module = MODELS.build(dict(type='ClassifierEnergy', classifier=energy_network(widen_factor)))
    for parameter in module.parameters():
        nn.init.normal_(parameter, 0, 0.05) if parameter.dim() == 1 else nn.init.kaiming_normal_(parameter)
    return module.to(device())


def batch(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Starts of chains from U(-1, 1), and balanced classes."""
    torch.manual_seed(1)
    images = torch.rand(size, *IMAGE_SHAPE, device=device()) * 2 - 1
    return images, torch.arange(size, device=device()) % NUM_CLASSES
