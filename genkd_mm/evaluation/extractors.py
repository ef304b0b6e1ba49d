"""Networks that turn pixels into features and logits."""

from collections.abc import Sequence
from pathlib import Path

import torch
from mmpretrain.models import BaseClassifier
from torch import Tensor, nn

from ..utils import ConfigError, read_checkpoint

INCEPTION = 'https://github.com/toshas/torch-fidelity/releases, weights-inception-2015-12-05-6726825d.pth'


class TeacherFeatures(nn.Module):
    """A classifier's features before its last layer, and its logits.

    Args:
        teacher (BaseClassifier): An mmpretrain classifier, in eval mode.
        mean (Sequence[float]): Its input's mean of each channel, 0..255.
        std (Sequence[float]): Its input's standard deviation of each channel, 0..255.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, teacher: BaseClassifier, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.teacher = teacher
        self.register_buffer('mean', torch.tensor(tuple(mean)).view(-1, 1, 1))
        self.register_buffer('std', torch.tensor(tuple(std)).view(-1, 1, 1))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels (N, C, H, W), uint8, RGB or grey -> features (N, D), logits (N, classes)."""
        maps = self.teacher.extract_feat((pixels - self.mean) / self.std)
        return self.teacher.head.pre_logits(maps), self.teacher.head(maps)


class InceptionFeatures(nn.Module):
    """Inception-v3 as FID and the Inception Score use it: torch-fidelity's port of the original network and weights.

    Args:
        weights (str): torch-fidelity's weight file; nothing is downloaded.

    Raises:
        ConfigError: If torch-fidelity is not installed, or the file is missing or is of another network.
    """

    def __init__(self, weights: str) -> None:
        super().__init__()
        try:
            from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
        except ImportError as error:
            raise ConfigError(
                'The Inception network needs torch-fidelity, which is not installed; run: '
                "pip install torch-fidelity, or use the teacher's features"
            ) from error
        if not Path(weights).is_file():
            raise ConfigError(
                f'The file of Inception weights, {weights!r}, does not exist; get it from {INCEPTION}, '
                "or use the teacher's features"
            )
        read_checkpoint(weights, 'The file of Inception weights')  # torch-fidelity itself would unpickle anything
        try:
            self.network = FeatureExtractorInceptionV3('inception-v3-compat', ['2048', 'logits_unbiased'], weights)
        except RuntimeError as error:
            raise ConfigError(
                f'The file of Inception weights, {weights!r}, is of another network; get it from {INCEPTION}'
            ) from error

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels (N, C, H, W), uint8, RGB or grey -> features (N, 2048), logits without their bias (N, 1008)."""
        return self.network(pixels.expand(-1, 3, -1, -1))
