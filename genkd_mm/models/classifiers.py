"""Trained classifiers: loading them, and asking them what they take and give."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor, nn

from ..utils import ConfigError, evaluating
from .teachers import BlackBoxTeacher
from .weights import load_weights


def preprocessor_of(config: Config) -> dict:
    """The config of the data preprocessor, which may stand in the model or beside it; empty if there is none."""
    return config.model.get('data_preprocessor') or config.get('data_preprocessor') or {}


def normalisation(data_preprocessor: dict) -> dict:
    """The ``mean`` and ``std`` of a data preprocessor's config."""
    if data_preprocessor.get('mean') is None or data_preprocessor.get('std') is None:
        raise ConfigError(
            'model.data_preprocessor gives no mean and std; GenKD needs those that the teacher was '
            "trained with: dict(type='mmpretrain.ClsDataPreprocessor', mean=[...], std=[...])"
        )
    return dict(mean=data_preprocessor['mean'], std=data_preprocessor['std'])


def load_teacher(network: nn.Module, path: str | None, key: str, **data: Any) -> None:
    """Fill a teacher from its checkpoint ``path``, which ``key`` names, completely; a ``BlackBoxTeacher`` has none.

    ``data`` are ``num_classes``, ``image_shape``, ``mean`` and ``std`` of the images that the teacher will see.
    """
    if isinstance(network, BlackBoxTeacher):
        network.require_normalisation(data['mean'], data['std'])
    else:
        load_weights(network, path, key, **data)
    require_outputs(network, data['image_shape'], data['num_classes'], key)


def count_outputs(
    network: nn.Module, image_shape: Sequence[int], key: str, logits: Callable[[Tensor], Tensor] | None = None
) -> int:
    """Number of classes of a network, from one pass of a blank image.

    Args:
        network (nn.Module): A classifier, or, with ``logits``, anything.
        image_shape (Sequence[int]): Channels, height, width.
        key (str): Names the network in the error sentence.
        logits (Callable, optional): Images (N, C, H, W) -> logits (N, classes). Defaults to mmpretrain's ``tensor``.
    """
    blank = torch.zeros(1, *image_shape)
    try:
        with evaluating(network), torch.no_grad():
            return (logits(blank) if logits else network(blank, mode='tensor')).shape[1]
    except ConfigError:
        raise
    except (RuntimeError, TypeError, AttributeError, ValueError) as error:  # whatever another task's network raises
        raise ConfigError(
            f'{key} does not take images of shape {tuple(image_shape)} ({error}); use the images of its data, or '
            'correct the shape'
        ) from error


def require_outputs(network: nn.Module, image_shape: Sequence[int], num_classes: int, key: str) -> None:
    """Raises ConfigError if a classifier does not take such images, or has not one output for each class."""
    found = count_outputs(network, image_shape, key)
    if found != num_classes:
        raise ConfigError(
            f'{key} has {found} outputs but the images are of {num_classes} classes; use networks and images of the '
            'same data'
        )
