"""A prior without the data: other images, the teacher's classes."""

import math

import torch
from mmrazor.registry import MODELS
from torch import Tensor, nn

from ...structures import DataSpec
from ...utils import load_strictly, read_checkpoint
from ..criteria.frozen_networks import judge
from ..generators.ebm_generator import HALF_RANGE
from .ebm_prior import EBMPrior
from .energy_matching_prior import EnergyMatchingPrior
from .prior import Prior


class TeacherLabels(Prior):
    """Trains a prior on images of another kind, with the classes that the teacher sees in them.

    To be put before the class that has the objective. The images (a public dataset, or what was made from the teacher
    alone) tell the energy what images look like; the labels of their own, if any, are not used. On such images a
    teacher's argmax falls into few classes, and the chains of the others would never be trained. An image is therefore
    labelled with the class that it has more of than the other images have: argmax_y (T(x)[y] - m_y) / s_y, with m_y and
    s_y the mean and standard deviation of the teacher's logit y over the batch.

    Args:
        teacher (dict): Config of the teacher.
        teacher_ckpt (str): Its checkpoint, which must fit.
        teacher_preprocessor (dict): Config of the data preprocessor that the teacher was trained with.
        **kwargs: As for the class that has the objective.

    Raises:
        ConfigError: If the teacher's checkpoint is missing, does not fit, or is of other images or classes.
    """

    def __init__(self, teacher: dict, teacher_ckpt: str, teacher_preprocessor: dict, **kwargs) -> None:
        super().__init__(**kwargs)
        self.teacher = MODELS.build(teacher)
        self.teacher_preprocessor = MODELS.build(teacher_preprocessor)
        where, checkpoint = 'model.teacher_ckpt', read_checkpoint(teacher_ckpt, 'model.teacher_ckpt')
        if 'data_spec' in checkpoint:
            DataSpec.from_dict(checkpoint['data_spec']).require(
                f'{where} ({teacher_ckpt})',
                num_classes=self.generator.num_classes,
                image_shape=self.generator.image_shape,
                mean=self.teacher_preprocessor.mean.flatten().tolist(),
                std=self.teacher_preprocessor.std.flatten().tolist(),
            )
        load_strictly(self.teacher, checkpoint['state_dict'], f'{where} ({teacher_ckpt})')
        self.teacher.requires_grad_(False)
        for module in self.teacher.modules():
            module._is_init = True  # or the runner would initialise it once more

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The losses with the teacher's labels, and their ``label_balance``.

        The balance is the entropy of the batch's classes over its maximum: 1 if all are as frequent, 0 if there is one.
        """
        with torch.no_grad():
            pixels = (images + 1) * HALF_RANGE
            logits = judge(self.teacher, self.teacher_preprocessor(dict(inputs=pixels))['inputs'])
        labels = characteristic_classes(logits)
        shares = labels.bincount(minlength=logits.shape[1]) / len(labels)
        balance = torch.special.entr(shares).sum() / math.log(logits.shape[1])
        return dict(**super().loss(images, labels), label_balance=balance)


@MODELS.register_module()
class ProxyPrior(TeacherLabels, EBMPrior):
    """:class:`EBMPrior` on other images, with the teacher's labels: see :class:`TeacherLabels`."""


@MODELS.register_module()
class ProxyEnergyMatchingPrior(TeacherLabels, EnergyMatchingPrior):
    """:class:`EnergyMatchingPrior` on other images, with the teacher's labels: see :class:`TeacherLabels`."""


def characteristic_classes(logits: Tensor) -> Tensor:
    """argmax_y of the logits, each class standardised over the batch; (N, classes) -> (N,)."""
    return nn.functional.batch_norm(logits.float(), None, None, training=True).argmax(1)
