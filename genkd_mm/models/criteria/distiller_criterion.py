"""Any mmrazor distiller as a criterion."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmrazor.registry import MODELS
from torch import Tensor, nn
from torch.func import vmap

from .base import Criterion
from .frozen_networks import FrozenNetworks

# Of kl_div, which vmap takes image by image inside: no worse than without vmap.
warnings.filterwarnings('ignore', 'There is a performance drop because we have not yet implemented the batching rule')


@MODELS.register_module()
class DistillerCriterion(Criterion):
    """c(x, y) = the sum of a distiller's losses on the one image x.

    mmrazor's losses reduce over the batch, so teacher and student pass the batch once, for all criteria, and the
    losses are taken of each image alone, on what the recorders kept of it in that pass: by ``torch.func.vmap`` in one
    go. Losses that vmap cannot take, as they look at values (``DistanceWiseRKD``), are taken image by image.

    Args:
        distiller (dict): Config of a ``ConfigurableDistiller`` without connectors. For guidance, losses that detach the
            teacher by default (``KLDivergence``) need ``teacher_detach=False``, or half of the gradient is missing.
        weight (float): As in :class:`Criterion`. Defaults to 1.0.
    """

    def __init__(self, distiller: dict, weight: float = 1.0) -> None:
        super().__init__(weight)
        self.distiller = MODELS.build(distiller)
        self._batched = True

    def bind(self, networks: FrozenNetworks) -> None:
        """Attach the distiller's recorders to the teachers and the student; a second time they would record twice."""
        super().bind(networks)
        self.distiller.prepare_from_student(networks.student)
        self.distiller.prepare_from_teacher(nn.ModuleDict(networks.teachers))
        networks.record(self.distiller.student_recorders, self.distiller.teacher_recorders)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, C, H, W) -> (N,); the labels are not used."""
        self.networks.student_logits(images)
        self.networks.teacher_logits(images)
        recorders = [
            *self.distiller.student_recorders.recorders.values(),
            *self.distiller.teacher_recorders.recorders.values(),
        ]
        records = [recorder._data_buffer for recorder in recorders]

        def cost(*rows: Tensor) -> Tensor:
            """Of one image, whose parts of the records are ``rows``."""
            parts = iter(rows)
            with _recorded(recorders, _map(records, len(images), lambda record: next(parts)[None])):
                return sum(self.distiller.compute_distill_losses().values())

        rows: list[Tensor] = []
        _map(records, len(images), rows.append)
        if self._batched:
            try:
                return vmap(cost)(*rows)
            except RuntimeError:  # if it is no fault of vmap's, the loop meets it again
                self._batched = False
        return torch.stack([cost(*image) for image in zip(*rows)])


@contextmanager
def _recorded(recorders: list, records: list) -> Iterator[None]:
    """The recorders as if they had kept ``records``."""
    before = [recorder._data_buffer for recorder in recorders]
    for recorder, kept in zip(recorders, records):
        recorder._data_buffer = kept
    try:
        yield
    finally:
        for recorder, kept in zip(recorders, before):
            recorder._data_buffer = kept


def _map(record: Any, batch_size: int, function: Callable[[Tensor], Any]) -> Any:
    """``record`` with ``function`` of each tensor in it that has a row for each image; what is not such stays."""
    if isinstance(record, (list, tuple)):
        return type(record)(_map(item, batch_size, function) for item in record)
    per_image = isinstance(record, Tensor) and record.dim() and len(record) == batch_size
    return function(record) if per_image else record
