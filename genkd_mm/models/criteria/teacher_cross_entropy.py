"""The teacher's cross entropy."""

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
