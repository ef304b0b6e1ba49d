"""The teacher's memory of its training data."""

from mmrazor.registry import MODELS
from torch import Tensor

from ...utils import ConfigError
from .base import Criterion
from .frozen_networks import FrozenNetworks, Statistics


@MODELS.register_module()
class BatchNormStatistics(Criterion):
    """Distance of the images' feature statistics from the running statistics of the teacher's batch norms.

    With ``per_image``, c(x) = sum_l mean_c (mu_lc(x) - mu_lc)^2 + (v_lc(x) - v_lc)^2, with mu and v the mean and
    variance over the positions of one image. Without it, mu and v are those of the whole batch, and every image has the
    batch's cost: c(X) = ``sum_l |mu_l(X) - mu_l| + |v_l(X) - v_l|``, Euclidean norms over channels. This is
    DeepInversion's feature regulariser (Yin et al., CVPR 2020, eq. 4). It lets the images differ as those of the data
    do; the first form pulls each towards the average image. As a reward only the first tells images apart.

    Args:
        weight (float): Factor in the sum of criteria. Defaults to 1.0.
        per_image (bool): Whether each image has statistics of its own. Defaults to True.
    """

    def __init__(self, weight: float = 1.0, per_image: bool = True) -> None:
        super().__init__(weight)
        self.per_image = per_image

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
        distance = image_distance if self.per_image else batch_distance
        return sum((distance(*with_statistics(pair)) for pair in inputs), start=images.new_zeros(len(images)))


def with_statistics(pair: Statistics) -> tuple[Tensor, Tensor, Tensor]:
    """The input of a layer, (N, channels, positions), and the layer's running mean and variance."""
    features, layer = pair
    if layer.running_mean is None or layer.running_var is None:
        raise ConfigError(
            'BatchNormStatistics needs the running statistics of every batch norm and a teacher has one '
            'that keeps none (track_running_stats=False); take it out of the criteria'
        )
    return features.float().reshape(*features.shape[:2], -1), layer.running_mean, layer.running_var


def image_distance(positions: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """The summand of one layer for each image, (N,)."""
    means, variances = positions.mean(2), positions.var(2, unbiased=False)
    return (means - mean).square().mean(1) + (variances - variance).square().mean(1)


def batch_distance(positions: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """The summand of one layer, the same for all images, (N,)."""
    means, variances = positions.mean((0, 2)), positions.var((0, 2), unbiased=False)
    return ((means - mean).norm() + (variances - variance).norm()).expand(len(positions))
