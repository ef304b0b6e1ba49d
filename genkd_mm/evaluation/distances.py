"""Metrics of Euclidean distances between two sets of points, for example features."""

from collections.abc import Iterator

import torch
from torch import Tensor

ROWS = 1024  # of a matrix of distances, computed at once


def precision_recall(real: Tensor, made: Tensor, k: int = 3) -> tuple[float, float]:
    """Precision and recall of samples against real data.

    The manifold of a set is the union of the balls around its points, each with the distance to the point's k-th
    nearest neighbour in the set as radius. Precision is the share of samples in the manifold of the real points, recall
    the share of real points in the manifold of the samples.

    Source: Kynkaanniemi et al., "Improved Precision and Recall Metric for Assessing Generative Models", NeurIPS 2019,
    eq. 1 and 2.

    Args:
        real (Tensor): Points, shape (N, D), float32.
        made (Tensor): Points, shape (M, D), float32.
        k (int): Neighbour. Defaults to 3, the paper's choice.

    Returns:
        tuple: Precision and recall, in [0, 1].

    Raises:
        ValueError: If a set has fewer than k + 1 points.
    """
    return _share_covered(made, real, k), _share_covered(real, made, k)


def _share_covered(queries: Tensor, points: Tensor, k: int) -> float:
    if len(points) <= k:
        raise ValueError(f'{len(points)} points have no {k}-th nearest neighbour; at least {k + 1} are needed')
    radii = torch.cat([distances.kthvalue(k, 1).values for distances in _own_distances(points)])
    covered = [(torch.cdist(chunk, points) <= radii).any(1) for chunk in queries.split(ROWS)]
    return torch.cat(covered).float().mean().item()


def nearest(queries: Tensor, points: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Each query's nearest point.

    Args:
        queries (Tensor): Shape (N, D), float32.
        points (Tensor, optional): Shape (M, D), float32. Without them the nearest other query is sought.

    Returns:
        tuple: Distances (N,) and numbers of the points (N,).
    """
    chunks = (
        _own_distances(queries) if points is None else (torch.cdist(chunk, points) for chunk in queries.split(ROWS))
    )
    numbers = torch.cat([distances.argmin(1) for distances in chunks])
    # torch.cdist multiplies matrices, which leaves a small distance between equal points
    found = (queries if points is None else points)[numbers]
    return (queries - found).norm(dim=1), numbers


def _own_distances(points: Tensor) -> Iterator[Tensor]:
    """Rows of the matrix of distances in a set, with infinity from each point to itself."""
    for first in range(0, len(points), ROWS):
        distances = torch.cdist(points[first : first + ROWS], points)
        rows = torch.arange(len(distances), device=points.device)
        distances[rows, rows + first] = torch.inf
        yield distances


def mean_pairwise_distance(points: Tensor, labels: Tensor) -> float | None:
    """Diversity within a class: the mean distance of two points of a class, averaged over the classes.

    Args:
        points (Tensor): Shape (N, D), float32.
        labels (Tensor): Shape (N,); classes with one point do not count.

    Returns:
        float | None: None if no class has two points.
    """
    groups = [points[labels == label] for label in labels.unique()]
    means = [torch.pdist(group).mean() for group in groups if len(group) > 1]
    return torch.stack(means).mean().item() if means else None
