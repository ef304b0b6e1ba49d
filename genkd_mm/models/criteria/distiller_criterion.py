"""Any mmrazor distiller as a criterion."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmrazor.registry import MODELS
from torch import Tensor, nn

from .base import Criterion
from .frozen_networks import FrozenNetworks


@MODELS.register_module()
class DistillerCriterion(Criterion):
    """c(x, y) = the sum of a distiller's losses on the one image x.

    mmrazor's losses reduce over the batch, so that teacher and student pass the batch once, for all criteria, and the
    losses are taken image by image on slices of what the recorders kept of that pass.

    Args:
        distiller (dict): Config of a ``ConfigurableDistiller`` without connectors. For guidance, losses that detach the
            teacher by default (``KLDivergence``) need ``teacher_detach=False``, or half of the gradient is missing.
        weight (float): As in :class:`Criterion`. Defaults to 1.0.
    """

    def __init__(self, distiller: dict, weight: float = 1.0) -> None:
        super().__init__(weight)
        self.distiller = MODELS.build(distiller)
        self._recorded: list[nn.Module] = []  # in a list, so that they are no submodules

    def bind(self, networks: FrozenNetworks) -> None:
        """Attach the distiller's recorders to the teachers and the student, once: again, they would record twice."""
        modules = [networks.student, *networks.teachers.values()]
        if modules != self._recorded:
            self.distiller.prepare_from_student(networks.student)
            self.distiller.prepare_from_teacher(nn.ModuleDict(networks.teachers))
            self._recorded[:] = modules
        super().bind(networks)
        networks.record(self.distiller.student_recorders, self.distiller.teacher_recorders)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, C, H, W) -> (N,); the labels are not used."""
        self.networks.student_logits(images)
        self.networks.teacher_logits(images)
        recorders = [
            *self.distiller.student_recorders.recorders.values(),
            *self.distiller.teacher_recorders.recorders.values(),
        ]
        costs = []
        for index in range(len(images)):
            with _one_image(recorders, index, len(images)):
                costs.append(sum(self.distiller.compute_distill_losses().values()))
        return torch.stack(costs)


@contextmanager
def _one_image(recorders: list, index: int, batch_size: int) -> Iterator[None]:
    """The recorders as if image ``index`` had been passed alone."""
    buffers = [recorder._data_buffer for recorder in recorders]
    for recorder, buffer in zip(recorders, buffers):
        recorder._data_buffer = [_slice(record, index, batch_size) for record in buffer]
    try:
        yield
    finally:
        for recorder, buffer in zip(recorders, buffers):
            recorder._data_buffer = buffer


def _slice(record: Any, index: int, batch_size: int) -> Any:
    if isinstance(record, (list, tuple)):
        return type(record)(_slice(item, index, batch_size) for item in record)
    per_image = isinstance(record, Tensor) and record.dim() and len(record) == batch_size
    return record[index : index + 1] if per_image else record
