"""Scores of features and logits; the two usual ones are torchmetrics'."""

import warnings

import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.inception import InceptionScore


class _Given(nn.Module):
    """In the place of torchmetrics' feature extractor: the features are there already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        return features


def frechet_distance(real: Tensor, made: Tensor) -> float:
    """``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))`` of means and covariances (Heusel et al., NeurIPS 2017).

    FID if the features are Inception's pool of 2048; of other features it can only be compared with itself. It falls
    with the number of images: compare sets of one size.

    Args:
        real (Tensor): Features, shape (N, D), N >= 2.
        made (Tensor): Features, shape (M, D), M >= 2.
    """
    metric = FrechetInceptionDistance(feature=_Given(real.shape[1])).to(real.device)
    metric.update(real.double(), real=True)
    metric.update(made.double(), real=False)
    return metric.compute().item()


def inception_score(logits: Tensor) -> tuple[float, float | None]:
    """exp E_x KL(p(y|x) || p(y)) (Salimans et al., NeurIPS 2016), between 1 and the number of classes.

    Args:
        logits (Tensor): Shape (N, classes).

    Returns:
        tuple: Mean and standard deviation over ten random tenths; the latter is None for a single image.
    """
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', UserWarning)  # that it keeps the features in memory
        metric = InceptionScore(feature=_Given(logits.shape[1])).to(logits.device)
    metric.update(logits.double())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # the same tenths at every call
        mean, deviation = metric.compute()
    return mean.item(), deviation.item() if len(logits) > 1 else None


def confidence(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """The mean probability of the label, and the share of images whose most probable class is the label.

    Args:
        logits (Tensor): A teacher's, shape (N, classes).
        labels (Tensor): Shape (N,).
    """
    probabilities = logits.float().softmax(1)
    agreement = (probabilities.argmax(1) == labels).float()
    return probabilities.gather(1, labels[:, None]).mean().item(), torch.mean(agreement).item()
