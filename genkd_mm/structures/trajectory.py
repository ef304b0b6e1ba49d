"""The recorded window of a Langevin chain."""

from dataclasses import dataclass, replace

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
