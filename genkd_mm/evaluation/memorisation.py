"""Do training images stand out from held-out ones? Each metric beside what it would be without memorisation.

The yardstick is a held-out set: images of the same kind that the model was not trained on. Whatever the model says of
training images, and however close its samples come to them, only counts as far as held-out images are not as close.
"""

import numpy as np
import torch
from scipy.stats import betabinom, norm, rankdata
from torch import Tensor

from .distances import nearest

TAIL = 0.01
CONFIDENCE = 0.95
PERMUTATIONS = 1999


def closeness(made: Tensor, train: Tensor, held_out: Tensor) -> tuple[dict, dict[str, tuple[Tensor, Tensor]]]:
    """How close samples come to training images, in one space: pixels or features.

    The first metrics compare d(sample, nearest training image) with d(held-out image, nearest training image), as
    Meehan et al., "A Non-Parametric Test to Detect Data-Copying in Generative Models", AISTATS 2020, do; both are
    distances to one set, so set sizes do not matter. A blurred sample is close to everything, however, and not a
    copy: ``nearest_is_train`` asks whether samples are closer to the training images than to the held-out ones, see
    :func:`member_share`, where the sizes of the two sets do matter.

    Args:
        made (Tensor): Samples, shape (M, D), float32.
        train (Tensor): Training images, shape (N, D), float32.
        held_out (Tensor): Held-out images, shape (L, D), float32.

    Returns:
        tuple: ``median`` and ``closest`` of the samples and of the held-out images, ``median_ratio`` (1 if samples are
        as far from training images as held-out images are), ``tail`` of :func:`share_in_tail`, ``nearest_is_train`` of
        :func:`member_share`; and the distances and numbers that :func:`nearest` finds, for the pairs of names
        ``made_train``, ``held_out_train`` and ``made_held_out``.

    Raises:
        ValueError: If most held-out images are training images, so they are no yardstick.
    """
    found = dict(
        made_train=nearest(made, train), held_out_train=nearest(held_out, train), made_held_out=nearest(made, held_out)
    )
    own, reference = found['made_train'][0], found['held_out_train'][0]
    if reference.median() == 0:
        raise ValueError('most held-out images are equal to a training image')
    metrics = dict(
        median=own.median().item(),
        median_held_out=reference.median().item(),
        median_ratio=(own.median() / reference.median()).item(),
        closest=own.min().item(),
        closest_held_out=reference.min().item(),
        tail=share_in_tail(own, reference),
        nearest_is_train=member_share(found['made_train'], found['made_held_out'], len(train), len(held_out)),
    )
    return metrics, found


def share_in_tail(values: Tensor, references: Tensor, tail: float = TAIL) -> dict[str, float]:
    """How many values are as small as the smallest ``tail`` of the references.

    The threshold is the k-th smallest of L references, k = tail (L + 1), at least 1. If values and references are draws
    of one distribution, the number of the M values at or below it is beta-binomial, BB(M, k, L + 1 - k), with the
    share k / (L + 1) on average: an exact law, for any distribution without ties.

    Args:
        values (Tensor): Shape (M,).
        references (Tensor): Shape (L,).
        tail (float): Share of the references. Defaults to 0.01.

    Returns:
        dict[str, float]: ``share``; ``expected``, ``low`` and ``high``: the mean and the ends of the central 95% of
        that law; ``p_value``: its probability of this share or a larger one; ``threshold``; ``tail``: k / L.
    """
    k = max(1, round(tail * (len(references) + 1)))
    threshold = references.sort().values[k - 1].item()
    number = len(values)
    count = int((values <= threshold).sum())
    law = betabinom.pmf(np.arange(number + 1), number, k, len(references) + 1 - k)
    low, high = np.searchsorted(law.cumsum(), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]) / number
    return dict(
        share=count / number,
        expected=k / (len(references) + 1),
        low=float(low),
        high=float(high),
        p_value=min(1.0, float(law[count:].sum())),
        threshold=threshold,
        tail=k / len(references),
    )


def member_share(
    to_train: tuple[Tensor, Tensor], to_held_out: tuple[Tensor, Tensor], num_train: int, num_held_out: int
) -> dict[str, float]:
    """The share of samples whose nearest image, of training and held-out images together, is a training image.

    If samples know nothing of which images were trained on, each image is as likely a training image as any other, so
    that the share is N / (N + L) on average (for sets of one size 50%: Platzer and Reutterer, "Holdout-Based Empirical
    Assessment of Mixed-Type Synthetic Data", Frontiers in Big Data 2021). The law is that of splitting the same images
    anew, at random; that many samples may have one nearest image is part of it.

    Args:
        to_train (tuple): Distances (M,) and numbers (M,) of each sample's nearest training image.
        to_held_out (tuple): The same of held-out images. An equal distance counts as held-out.
        num_train (int): N.
        num_held_out (int): L.

    Returns:
        dict[str, float]: ``share``; ``expected``, ``low`` and ``high``: the mean and the ends of the central 95% of
        that law; ``p_value``: its probability of this share or a larger one, from 1,999 splits.
    """
    chosen = torch.where(to_train[0] < to_held_out[0], to_train[1], to_held_out[1] + num_train).cpu()
    counts = chosen.bincount(minlength=num_train + num_held_out).numpy()
    members = np.arange(len(counts)) < num_train
    share = counts @ members / len(chosen)
    random = np.random.default_rng(0)
    others = np.array([counts @ random.permutation(members) for _ in range(PERMUTATIONS)]) / len(chosen)
    low, high = np.quantile(others, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    reached = int(np.count_nonzero(others >= share))
    return dict(
        share=float(share),
        expected=num_train / len(counts),
        low=float(low),
        high=float(high),
        p_value=(1 + reached) / (1 + PERMUTATIONS),
    )


def membership(members: Tensor, others: Tensor) -> dict:
    """How well a score tells training images from held-out ones.

    Args:
        members (Tensor): Scores of training images, shape (M,); larger should mean trained on.
        others (Tensor): Scores of held-out images, shape (L,).

    Returns:
        dict: ``auc``, the probability that a training image has the larger score, 0.5 without memorisation, with
        ``low`` and ``high`` of :func:`auc_interval`; ``true_positives``, the share of training images found at a false
        alarm for 1% of the held-out images, as :func:`share_in_tail` has it (Carlini et al., "Membership Inference
        Attacks From First Principles", S&P 2022, ask for this metric beside the AUC).
    """
    auc, low, high = auc_interval(members, others)
    return dict(auc=auc, low=low, high=high, true_positives=share_in_tail(-members, -others))


def auc_interval(members: Tensor, others: Tensor) -> tuple[float, float, float]:
    """Area under the ROC curve and the ends of its 95% interval.

    AUC = P(s+ > s-) + P(s+ = s-) / 2, with DeLong's variance (DeLong et al., Biometrics 1988) from midranks (Sun and
    Xu, IEEE Signal Processing Letters 2014), cut at 0 and 1. At an AUC of exactly 0 or 1 the interval is a point.

    Args:
        members (Tensor): Scores that should be larger, shape (M,), M >= 2.
        others (Tensor): Shape (L,), L >= 2.
    """
    positive, negative = (scores.detach().double().cpu().numpy() for scores in (members, others))
    ranks = rankdata(np.concatenate([positive, negative]))
    # for each positive the share of negatives below it, and for each negative that of positives above it
    below = (ranks[: len(positive)] - rankdata(positive)) / len(negative)
    above = 1 - (ranks[len(positive) :] - rankdata(negative)) / len(positive)
    auc = below.mean()
    deviation = np.sqrt(below.var(ddof=1) / len(positive) + above.var(ddof=1) / len(negative))
    width = norm.ppf((1 + CONFIDENCE) / 2) * deviation
    return float(auc), float(max(0, auc - width)), float(min(1, auc + width))
