"""Whether the channels_last layout pays, for every shipped network."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from mmengine.config import Config
from mmrazor.registry import MODELS
from torch import nn

from . import setting
from .timing import interleaved, ratio

MODEL_FILES = Path(__file__).parents[2] / 'configs/_base_/models'
LAYOUTS = dict(contiguous=torch.contiguous_format, channels_last=torch.channels_last)
# Networks that one pair of CPU cores trains, and one of each of the large families.
IMAGES = dict(
    digits=(1, 8, 8),
    fashion_mnist=(1, 28, 28),
    small_resnets_cifar10=(3, 32, 32),
    wrns_cifar=(3, 32, 32),
    resnets_x4_cifar=(3, 32, 32),
    vgg_resnet_cifar=(3, 32, 32),
)


def networks(quick: bool) -> Iterator[tuple[str, dict, tuple[int, ...]]]:
    """Name, config, and shape of the images of each; the digits' alone if ``quick``."""
    for file, shape in IMAGES.items():
        config = Config.fromfile(MODEL_FILES / f'{file}.py')
        for role in ('teacher', 'student', 'energy_net'):
            if not (quick and file != 'digits') and not (role == 'energy_net' and shape[0] == 3 and 'small' not in file):
                yield f'{file}.{role}', config[role], shape


def training_pass(network: nn.Module, images: torch.Tensor, layout: torch.memory_format, dtype: torch.dtype) -> Callable:
    """Logits and the gradients of images and weights, with both in ``layout``."""
    network = copy.deepcopy(network).to(memory_format=layout)
    images = images.contiguous(memory_format=layout).requires_grad_(True)

    def run() -> None:
        network.zero_grad()
        with torch.autocast(images.device.type, dtype, enabled=dtype != torch.float32):
            logits = network(images, mode='tensor')
        logits.float().logsumexp(1).sum().backward()

    return run


def measure(size: int, rounds: int, quick: bool) -> dict:
    """Time of a training pass in channels_last by that in the contiguous layout, in float32 and bfloat16."""
    result = {}
    for name, config, shape in networks(quick):
        torch.manual_seed(0)
        network = MODELS.build(config).to(setting.device())
        images = torch.randn(size, *shape, device=setting.device())
        result[name] = {}
        for dtype in (torch.float32, torch.bfloat16):
            passes = {key: training_pass(network, images, layout, dtype) for key, layout in LAYOUTS.items()}
            times = interleaved(passes, rounds)
            result[name][str(dtype).removeprefix('torch.')] = ratio(times['channels_last'], times['contiguous'])
    return result
