"""What the channels_last layout, in which the Runner keeps every model, saves on each shipped network."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from mmengine.config import Config
from mmrazor.registry import MODELS
from torch import nn

from genkd_mm.utils import channels_last

from . import setting
from .timing import interleaved, ratio

MODEL_FILES = Path(__file__).parents[2] / 'configs/_base_/models'
IMAGE_SHAPES = dict(digits=(1, 8, 8), fashion_mnist=(1, 28, 28))  # of the others: setting.IMAGE_SHAPE
LARGE = 5_000_000  # parameters of a network that gets a quarter of the images
DTYPES = dict(float32=torch.float32, bfloat16=torch.bfloat16)


def networks(quick: bool) -> Iterator[tuple[str, dict, tuple[int, ...]]]:
    """Name, config, and shape of the images, of each network of ``configs/_base_/models``; the digits' if ``quick``.

    Those for a hundred classes differ in the last layer alone, and are left out.
    """
    for path in sorted(MODEL_FILES.glob('digits.py' if quick else '*.py')):
        if path.stem.endswith('cifar100'):
            continue
        config = Config.fromfile(path)
        for role in ('teacher', 'student', 'energy_net'):
            yield f'{path.stem}.{role}', config[role], IMAGE_SHAPES.get(path.stem, setting.IMAGE_SHAPE)


def training_pass(network: nn.Module, images: torch.Tensor, dtype: torch.dtype) -> Callable[[], None]:
    """Logits of images in [-1, 1], and the gradients of the weights."""

    def run() -> None:
        network.zero_grad()
        with torch.autocast(images.device.type, dtype, enabled=dtype != torch.float32):
            logits = network(images, mode='tensor')
        logits.float().logsumexp(1).sum().backward()

    return run


def measure(size: int, rounds: int, quick: bool) -> dict:
    """Time of a training pass in channels_last by that in the contiguous layout, for each network and dtype."""
    result: dict[str, dict] = {}
    seen = []
    for name, config, shape in networks(quick):
        if config in seen:  # files share networks
            continue
        seen.append(config)
        torch.manual_seed(0)
        network = MODELS.build(config).to(setting.device())
        contenders = dict(contiguous=network, channels_last=channels_last(copy.deepcopy(network)))
        count = size // 4 if sum(parameter.numel() for parameter in network.parameters()) > LARGE else size
        images = torch.rand(count, *shape, device=setting.device()) * 2 - 1
        result[name] = {}
        for label, dtype in DTYPES.items():
            times = interleaved({key: training_pass(net, images, dtype) for key, net in contenders.items()}, rounds)
            result[name][label] = ratio(times['channels_last'], times['contiguous'])
    return result
