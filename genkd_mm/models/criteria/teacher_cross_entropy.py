"""The cross entropy of the teacher, or of the student."""

import torch
import torch.nn.functional as F
from mmrazor.registry import MODELS
from torch import Tensor

from .base import Criterion


@MODELS.register_module()
class TeacherCrossEntropy(Criterion):
    """c(x, y) = -log softmax(T(x))[y] >= 0, in nats; the mean over several teachers.

    Low where the teacher sees the class that the image was drawn for (DeepInversion, Yin et al., CVPR 2020, eq. 2).
    """

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, C, H, W), labels (N,) -> (N,)."""
        losses = [
            F.cross_entropy(logits.float(), labels, reduction='none') for logits in self.networks.teacher_logits(images)
        ]
        return torch.stack(losses).mean(0)


@MODELS.register_module()
class StudentCrossEntropy(Criterion):
    """c(x, y) = -log softmax(S(x))[y] >= 0, in nats.

    As guidance with a negative weight the chain climbs towards images of its class that the student does not know yet.
    It needs no gradient of the teacher.
    """

    asks_teacher = False

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, C, H, W), labels (N,) -> (N,)."""
        return F.cross_entropy(self.networks.student_logits(images).float(), labels, reduction='none')
