"""The teacher's memory of its training data."""

import torch
from mmrazor.registry import MODELS
from torch import Tensor

from ...utils import ConfigError
from .base import Criterion
from .frozen_networks import FrozenNetworks, Statistics


@MODELS.register_module()
class BatchNormStatistics(Criterion):
    """Distance of an image's feature statistics from the running statistics of the teacher's batch norms.

    c(x) = sum_l mean_c (mu_lc(x) - mu_lc)^2 + (v_lc(x) - v_lc)^2, with mu and v the mean and variance over the
    positions of one image. The per-image form of DeepInversion's feature regulariser (Yin et al., CVPR 2020, eq. 4),
    which takes the statistics of a batch.
    """

    def bind(self, networks: FrozenNetworks) -> None:
        """Ask the networks to keep what the teachers' batch norms see."""
        super().bind(networks)
        networks.keep_batch_norm_inputs = True

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images (N, C, H, W) -> (N,); the labels are not used.

        Raises:
            ConfigError: If no teacher has a batch norm, or one has a batch norm without running statistics.
        """
        inputs = self.networks.batch_norm_inputs(images)
        if not inputs:
            raise ConfigError(
                'BatchNormStatistics needs a teacher with batch norm and no teacher has one; '
                'take it out of the criteria'
            )
        return sum((statistics_distance(pair) for pair in inputs), start=torch.zeros((), device=images.device))


def statistics_distance(pair: Statistics) -> Tensor:
    """The summand of one layer: its input (N, channels, ...) and the layer -> (N,)."""
    features, layer = pair
    if layer.running_mean is None or layer.running_var is None:
        raise ConfigError(
            'BatchNormStatistics needs the running statistics of every batch norm and a teacher has one '
            'that keeps none (track_running_stats=False); take it out of the criteria'
        )
    positions = features.float().reshape(*features.shape[:2], -1)
    mean = (positions.mean(2) - layer.running_mean).square().mean(1)
    return mean + (positions.var(2, unbiased=False) - layer.running_var).square().mean(1)
