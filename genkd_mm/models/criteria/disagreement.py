"""The disagreement of teacher and student."""

import math

import torch
import torch.nn.functional as F
from mmrazor.registry import MODELS
from torch import Tensor

from ...utils import ConfigError
from .base import Criterion


@MODELS.register_module()
class Disagreement(Criterion):
    """Jensen-Shannon divergence of teacher and student at a temperature, in [0, log 2] nats.

    c(x) = JS(softmax(T(x) / tau), softmax(S(x) / tau)), the mean over several teachers. As a reward it takes a negative
    weight: images on which the two disagree teach most (Adaptive DeepInversion, Yin et al., CVPR 2020, eq. 8).

    Args:
        tau (float): Temperature, above 0. Defaults to 1.0.
        weight (float): As in :class:`Criterion`. Defaults to 1.0.

    Raises:
        ConfigError: If ``tau`` is not above 0.
    """

    def __init__(self, tau: float = 1.0, weight: float = 1.0) -> None:
        super().__init__(weight)
        if tau <= 0:
            raise ConfigError(f'Disagreement.tau is {tau}; expected a temperature above 0')
        self.tau = tau

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, C, H, W) -> (N,); the labels are not used."""
        student = F.log_softmax(self.networks.student_logits(images).float() / self.tau, 1)
        teachers = [F.log_softmax(logits.float() / self.tau, 1) for logits in self.networks.teacher_logits(images)]
        return torch.stack([jensen_shannon(teacher, student) for teacher in teachers]).mean(0)


def jensen_shannon(log_p: Tensor, log_q: Tensor) -> Tensor:
    """(KL(p, m) + KL(q, m)) / 2 with m = (p + q) / 2; log probabilities (N, classes) -> (N,)."""
    log_m = torch.logaddexp(log_p, log_q) - math.log(2)
    of_p, of_q = (F.kl_div(log_m, log_x, reduction='none', log_target=True).sum(1) for log_x in (log_p, log_q))
    return (of_p + of_q) / 2
