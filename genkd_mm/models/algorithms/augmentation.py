"""Random transforms of the images that a student learns from."""

from collections.abc import Sequence

import torch
from mmengine.dataset import Compose
from torch import Tensor

from ...utils import ConfigError


class Augmentation:
    """Applies transforms to each image of a batch on its own, with random numbers of torch's default generator.

    Args:
        transforms (Sequence[dict]): Of any registry of transforms; what takes ``dict(img=tensor)`` of shape (C, H, W),
            as torchvision's transforms do under mmpretrain's names. Images are normalised, so that 0 is the mean grey.
        image_shape (tuple[int, int, int]): (C, H, W) of the images, which the transforms must keep.

    Raises:
        ConfigError: If they do not take such an image, or change its shape.
    """

    def __init__(self, transforms: Sequence[dict], image_shape: tuple[int, int, int]) -> None:
        self._transform = Compose(transforms)
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
        transformed = torch.stack([self._transform(dict(img=image))['img'] for image in images])
        return transformed.contiguous(memory_format=_memory_format(images))


def _memory_format(images: Tensor) -> torch.memory_format:
    last = images.is_contiguous(memory_format=torch.channels_last) and not images.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format
