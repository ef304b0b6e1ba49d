"""A prior without the data: other images, the teacher's classes."""

import math

import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS
from torch import Tensor

from ..criteria.frozen_networks import judge
from .ebm_prior import EBMPrior
from .energy_matching_prior import EnergyMatchingPrior
from .prior import Prior


class TeacherLabels(Prior):
    """Trains a prior on images of another kind, which the teacher labels: a base beside the class of the objective.

    The images are a public dataset, or were made from the teacher alone. Their own labels are not used. On such images
    a teacher's argmax covers few classes, and the chains of the others would never be trained. The label of an image is
    therefore relative to the other images: argmax_y (T(x)[y] - m_y) / s_y, with m_y and s_y the mean and standard
    deviation of the teacher's logit y over the batch.

    Args:
        teacher, teacher_ckpt, teacher_preprocessor: As for :class:`Prior`, but not optional.
        **kwargs: As for the class that has the objective.
    """

    def __init__(self, teacher: dict, teacher_ckpt: str, teacher_preprocessor: dict, **kwargs) -> None:
        super().__init__(
            teacher=teacher, teacher_ckpt=teacher_ckpt, teacher_preprocessor=teacher_preprocessor, **kwargs
        )

    def forward(
        self, inputs: Tensor, data_samples: list[DataSample] | None = None, mode: str = 'tensor'
    ) -> dict[str, Tensor] | list[DataSample] | Tensor:
        """As :class:`Prior`, but ``loss`` needs no data samples: its classes are the teacher's.

        It adds their ``label_balance``, the entropy of the batch's classes over its maximum: 1 if all are as frequent,
        0 if there is one.
        """
        if mode != 'loss':
            return super().forward(inputs, data_samples, mode)
        with torch.no_grad():
            logits = judge(self.teacher, self.as_teacher_sees(inputs))
        labels = characteristic_classes(logits)
        shares = F.one_hot(labels, logits.shape[1]).float().mean(0)
        balance = torch.special.entr(shares).sum() / math.log(logits.shape[1])
        return dict(**self.loss(self.generator.to_states(inputs), labels), label_balance=balance)


@MODELS.register_module()
class ProxyPrior(TeacherLabels, EBMPrior):
    """:class:`EBMPrior` on other images, with the teacher's labels: see :class:`TeacherLabels`."""


@MODELS.register_module()
class ProxyEnergyMatchingPrior(TeacherLabels, EnergyMatchingPrior):
    """:class:`EnergyMatchingPrior` on other images, with the teacher's labels: see :class:`TeacherLabels`."""


def characteristic_classes(logits: Tensor) -> Tensor:
    """argmax_y of the logits, each class standardised over the batch; (N, classes) -> (N,)."""
    return F.batch_norm(logits.float(), None, None, training=True).argmax(1)
