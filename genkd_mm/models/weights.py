"""Filling a trained network."""

from collections.abc import Iterable
from typing import Any

from torch import nn

from ..structures import DataSpec
from ..utils import load_strictly, read_checkpoint


def load_weights(network: nn.Module, path: str | None, key: str, **data: Any) -> None:
    """Fill a network from its checkpoint, completely.

    Args:
        network (nn.Module): The network.
        path (str, optional): Its checkpoint.
        key (str): What names the checkpoint, for error sentences.
        **data: What is known of the images that it will see, as :meth:`DataSpec.require` takes it.
    """
    checkpoint = read_checkpoint(path, key)
    where = f'{key} ({path})'
    if 'data_spec' in checkpoint:
        DataSpec.from_dict(checkpoint['data_spec']).require(where, **data)
    load_strictly(network, checkpoint['state_dict'], where)
    modules: Iterable[Any] = network.modules()
    for module in modules:
        module._is_init = True  # or a runner would initialise it once more
