"""A classifier read as an energy-based model."""

import torch
from mmengine.model import BaseModule
from mmrazor.registry import MODELS
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ...utils import ConfigError, channels_last

KINKED = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.Threshold, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish)


@MODELS.register_module()
class ClassifierEnergy(BaseModule):
    """The JEM view of a classifier (Grathwohl et al., ICLR 2020): p(x) is proportional to exp f(x).

    f(x) = logsumexp_y g(x)[y] and f(x, y) = g(x)[y], with g(x) the classifier's logits. f is the negative of the
    energy in the physicist's sense: larger is likelier. Weights and images are kept in the channels_last layout, in
    which convolutions are fastest.

    Args:
        classifier (dict | nn.Module): Any mmpretrain classifier, which takes images in [-1, 1].
        contrast (float): s, by which chains of a class lean away from the other classes: they climb
            f(x, y) + s (f(x, y) - mean_y' f(x, y')), classifier-free guidance (Ho and Salimans, 2022) with the mean
            over the classes instead of a model without classes. Useful where a matched energy separates the classes
            too little. Training uses the logits and is not affected. Defaults to 0.0.
        init_cfg (dict, optional): Initialisation, as for any mmengine module.
    """

    def __init__(self, classifier: dict | nn.Module, contrast: float = 0.0, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.contrast = contrast
        self.classifier = channels_last(MODELS.build(classifier) if isinstance(classifier, dict) else classifier)

    def logits(self, images: Tensor) -> Tensor:
        """g(x), shape (N, classes), of images (N, C, H, W) in [-1, 1]."""
        return self.classifier(images.contiguous(memory_format=torch.channels_last), mode='tensor').float()

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """f(x, y), with the contrast, or f(x) without labels; shape (N,).

        Args:
            images (Tensor): Shape (N, C, H, W), in [-1, 1].
            labels (Tensor, optional): Classes, int64, shape (N,).
        """
        logits = self.logits(images)
        values = log_density(logits, labels)
        if labels is None or not self.contrast:
            return values
        return values + self.contrast * (values - logits.mean(1))


def log_density(logits: Tensor, labels: Tensor | None) -> Tensor:
    """logsumexp_y g[y], or g[labels]; (N, classes) -> (N,)."""
    return logits.logsumexp(1) if labels is None else logits.gather(1, labels[:, None])[:, 0]


def require_smooth(energy: nn.Module) -> None:
    """The policy gradient needs the mixed second derivative of f in x and in its parameters.

    Raises:
        ConfigError: If the network has activations of the ReLU family, whose second derivative in x is zero almost
            everywhere, or batch norm, which makes f(x) depend on the rest of the batch.
    """
    for name, module in energy.named_modules():
        if isinstance(module, (*KINKED, _BatchNorm)):
            raise ConfigError(
                f'generator.energy has a {type(module).__name__} ({name}) but the policy gradient needs a smooth, '
                'norm-free network; use SmoothWideResNet, or SiLU and no batch norm, or take PolicyGradientHook out'
            )
