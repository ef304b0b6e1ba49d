"""What Langevin chains hand to the algorithms and hooks."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor


@dataclass(frozen=True)
class Trajectory:
    """The window x_s, ..., x_{s+K} of a chain of n steps, as the policy gradient needs it.

    Attributes:
        images (Tensor): Shape (K + 1, N, C, H, W), float32 in [-1, 1].
        noise (Tensor): e_{s+1}, ..., e_{s+K}, standard normal, shape (K, N, C, H, W).
        step_sizes (Tensor): eta of each step in the window, shape (K,).
        noise_stds (Tensor): sigma of each step in the window, shape (K,).
        coverage (Tensor): Probability that a window, drawn as this one was, covers each of its steps, shape (K,).
        labels (Tensor | None): Class of each chain, shape (N,); None when sampling is unconditional.
        final (Tensor): x_n, shape (N, C, H, W).
    """

    images: Tensor
    noise: Tensor
    step_sizes: Tensor
    noise_stds: Tensor
    coverage: Tensor
    labels: Tensor | None
    final: Tensor

    def select(self, chains: Tensor) -> 'Trajectory':
        """The same window of some of the chains: ``chains`` is an index or a mask of N."""
        return replace(
            self,
            images=self.images[:, chains],
            noise=self.noise[:, chains],
            final=self.final[chains],
            labels=None if self.labels is None else self.labels[chains],
        )

    def keep(self, chains: Tensor, others: Tensor) -> 'Trajectory':
        """The same window, in which the chains outside the mask ``chains`` (N,) rest at ``others`` (N, C, H, W)."""
        mask = chains.view(-1, 1, 1, 1)
        return replace(self, images=torch.where(mask, self.images, others), final=torch.where(mask, self.final, others))


class Samples(NamedTuple):
    """Images drawn for a student.

    Attributes:
        images (Tensor): Shape (N, C, H, W), in the classifiers' normalised space.
        labels (Tensor | None): The class each was drawn for, shape (N,); None when sampling is unconditional.
        slots (Tensor): The chains' places in the replay buffer, int64 on the CPU, shape (N,).
        trajectory (Trajectory | None): The recorded window of the chains that were run for them, if one was asked for.
    """

    images: Tensor
    labels: Tensor | None
    slots: Tensor
    trajectory: Trajectory | None = None


class StepOutputs(dict):
    """The losses of a train step by name, which are logged, and the chains that it ran.

    Args:
        losses (dict[str, Tensor]): The losses.
        samples (Samples, optional): The chains' new states, if the step ran chains.
    """

    def __init__(self, losses: dict, samples: Samples | None = None) -> None:
        super().__init__(losses)
        self.samples = samples
