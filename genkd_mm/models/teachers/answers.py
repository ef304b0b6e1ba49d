"""From what a teacher answers to logits that any distiller takes."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ...utils import ConfigError

ANSWERS = ('logits', 'probabilities', 'labels')
TOLERANCE = 1e-2  # of a sum of probabilities, which a server may round


def logits_of(answers: Tensor, kind: str, num_classes: int, floor: float, where: str) -> Tensor:
    """Logits whose softmax is what the teacher says.

    A softmax at any temperature, and so a KL divergence, is the same for log p and for the logits that p was made of:
    the two differ by a constant in each row. Losses that compare logits themselves see the one whose row has the mean
    0 (DFME, Truong et al., CVPR 2021). A label becomes a distribution with the probability ``floor`` for each
    other class, which a cross entropy by the most likely class (mmrazor's ``CrossEntropyLoss``) takes as the label.

    Args:
        answers (Tensor): Logits or probabilities (N, classes), or labels (N,).
        kind (str): ``logits``, ``probabilities`` or ``labels``.
        num_classes (int): What is expected.
        floor (float): The smallest probability; smaller ones, including 0, become it, so the logarithm is finite.
        where (str): Names the teacher in error sentences.

    Returns:
        Tensor: float32, shape (N, classes).
    """
    checks = dict(logits=_logits, probabilities=_log_probabilities, labels=_log_labels)
    logits = checks[kind](answers, num_classes, floor, where)
    return logits if kind == 'logits' else logits - logits.mean(1, keepdim=True)


def _logits(answers: Tensor, num_classes: int, floor: float, where: str) -> Tensor:
    _require_rows(answers, num_classes, where, 'logits')
    if not answers.isfinite().all():
        raise ConfigError(f'{where} answered with logits that are not finite; ask its owner to look at the model')
    return answers.float()


def _log_probabilities(answers: Tensor, num_classes: int, floor: float, where: str) -> Tensor:
    _require_rows(answers, num_classes, where, 'probabilities')
    sums = answers.sum(1)
    if not ((answers >= 0).all() and ((sums - 1).abs() <= TOLERANCE).all()):  # False for NaN, too
        raise ConfigError(
            f'{where} answered with values from {answers.min().item():.4g} to {answers.max().item():.4g} and rows that '
            f'add up to {sums.min().item():.4g} to {sums.max().item():.4g}; expected probabilities, or logits with '
            "answers='logits'"
        )
    return answers.float().clamp_min(floor).log()


def _log_labels(answers: Tensor, num_classes: int, floor: float, where: str) -> Tensor:
    whole = answers.dim() == 1 and not answers.is_floating_point()
    if not whole or not ((answers >= 0) & (answers < num_classes)).all():
        raise ConfigError(
            f'{where} answered with {"values" if not whole else f"labels up to {int(answers.max())}"} of shape '
            f'{tuple(answers.shape)}; expected one whole number from 0 to {num_classes - 1} for each image'
        )
    likely = torch.tensor(math.log1p(-floor * (num_classes - 1)))
    return torch.where(F.one_hot(answers.long(), num_classes).bool(), likely, torch.tensor(math.log(floor)))


def _require_rows(answers: Tensor, num_classes: int, where: str, kind: str) -> None:
    if answers.dim() != 2 or answers.shape[1] != num_classes:
        raise ConfigError(
            f'{where} answered with shape {tuple(answers.shape)}; expected {kind} of {num_classes} classes for each '
            'image: give num_classes and answers as the teacher has them'
        )
