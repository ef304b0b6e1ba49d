"""What the channels_last layout, in which the Runner keeps every model, saves on each shipped network."""

import copy
from collections.abc import Callable, Iterator

import torch
from mmengine.config import Config
from mmrazor.registry import MODELS
from torch import nn

from ...utils import channels_last, shipped
from . import setting
from .timing import interleaved, ratio

LARGE = 5_000_000  # parameters of a network that gets a quarter of the images
DTYPES = dict(float32=torch.float32, bfloat16=torch.bfloat16)


def networks(quick: bool) -> Iterator[tuple[str, dict, tuple[int, ...]]]:
    """Name, config, and shape of the images, of each network of GenKD's configs; the digits' if ``quick``.

    Those for a hundred classes differ in the last layer alone, and are left out.
    """
    seen = []  # configs share networks
    for path in sorted(shipped('configs').glob('genkd_digits.py' if quick else 'genkd_*.py')):
        if 'cifar100' in path.stem:
            continue
        config = Config.fromfile(path)
        model = config.model
        roles = dict(
            teacher=model.teachers.teacher.build_cfg,
            student=model.architecture,
            energy=model.generator.energy.classifier,
        )
        for role, network in roles.items():
            if 'backbone' in network and network not in seen:  # else it answers from elsewhere
                seen.append(network)
                yield f'{path.stem.removeprefix("genkd_")}.{role}', network, tuple(config.image_shape)


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
    for name, config, shape in networks(quick):
        torch.manual_seed(0)
        network = MODELS.build(config).to(setting.device())
        contenders = dict(contiguous=network, channels_last=channels_last(copy.deepcopy(network)))
        count = max(2, size // 4) if sum(parameter.numel() for parameter in network.parameters()) > LARGE else size
        images = torch.rand(count, *shape, device=setting.device()) * 2 - 1
        result[name] = {}
        for label, dtype in DTYPES.items():
            times = interleaved({key: training_pass(net, images, dtype) for key, net in contenders.items()}, rounds)
            result[name][label] = ratio(times['channels_last'], times['contiguous'])
    return result
