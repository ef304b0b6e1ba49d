"""Random transforms of the images that a student learns from."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from mmengine.dataset import Compose
from torch import Tensor
from torchvision.transforms import RandomCrop, RandomHorizontalFlip
from torchvision.transforms.functional import pad

from ...utils import ConfigError


class Augmentation:
    """Applies transforms to each image of a batch on its own, with random numbers of torch's default generator.

    torchvision draws one set of random numbers a call, also for a batch (``transforms.v2``). Its ``RandomCrop`` and
    ``RandomHorizontalFlip`` are therefore done here, of all images at once; others are called image by image.

    Args:
        transforms (Sequence[dict]): Of any registry of transforms; what takes ``dict(img=tensor)`` of shape (C, H, W),
            as torchvision's transforms do under mmpretrain's names. Images are normalised, so 0 is the mean grey.
        image_shape (tuple[int, int, int]): (C, H, W) of the images, which the transforms must keep.
    """

    def __init__(self, transforms: Sequence[dict], image_shape: tuple[int, int, int]) -> None:
        self._transforms = [_of_batches(transform) for transform in Compose(transforms).transforms]
        try:
            found = tuple(self(torch.zeros(1, *image_shape)).shape[1:])
        except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            raise ConfigError(
                f'model.augmentation does not take images that are tensors ({error!r}); '
                'use transforms of torchvision, such as mmpretrain.torchvision/RandomCrop'
            ) from error
        if found != image_shape:
            raise ConfigError(
                f'model.augmentation turns images of shape {image_shape} into {found}; choose transforms that keep it'
            )

    def __call__(self, images: Tensor) -> Tensor:
        """The transformed images, in the memory format that they came in; both (N, C, H, W)."""
        last = images.is_contiguous(memory_format=torch.channels_last) and not images.is_contiguous()
        for transform in self._transforms:
            images = transform(images)
        return images.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


def _of_batches(transform: Callable[[dict], dict]) -> Callable[[Tensor], Tensor]:
    """The same transform of each image of a batch on its own, (N, C, H, W) -> (N, C, H', W')."""
    inner: Any = getattr(transform, 't', None)  # torchvision's, inside mmpretrain's wrapper
    if type(inner) is RandomHorizontalFlip:
        return partial(flip, probability=inner.p)
    if type(inner) is RandomCrop and not inner.pad_if_needed:
        return partial(crop, like=inner)
    return lambda images: torch.stack([transform(dict(img=image))['img'] for image in images])


def flip(images: Tensor, probability: float) -> Tensor:
    """Images (N, C, H, W), each with that probability mirrored left to right."""
    chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < probability
    return torch.where(chosen, images.flip(3), images)


def crop(images: Tensor, like: RandomCrop) -> Tensor:
    """Images (N, C, H, W), padded, and of each a random part, as ``like`` does with one image."""
    if like.padding is not None:
        images = pad(images, like.padding, like.fill, like.padding_mode)
    number, device = torch.arange(len(images), device=images.device), images.device
    rows, columns = (
        torch.randint(whole - part + 1, (len(images), 1), device=device) + torch.arange(part, device=device)
        for whole, part in zip(images.shape[2:], like.size)
    )
    return images[number[:, None, None], :, rows[:, :, None], columns[:, None, :]].movedim(3, 1)
