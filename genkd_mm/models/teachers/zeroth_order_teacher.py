"""A gradient for teachers that only answer."""

from collections.abc import Callable
from typing import Any

import torch
from mmrazor.registry import MODELS
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...utils import ConfigError
from .black_box import BlackBoxTeacher


@MODELS.register_module()
class ZerothOrderTeacher(BlackBoxTeacher):
    """Asks another teacher, and estimates the gradient in the images from its answers about nearby images.

    Whatever needs the teacher's gradient then runs unchanged: mmrazor's data-free algorithms and the guidance of
    chains. It costs ``num_directions`` queries for each image and backward pass, see :func:`zeroth_order_gradient`, and
    cannot be differentiated twice. Outside of the pixels' range, 0..255, the teacher sees the nearest pixel and the
    gradient is zero. An endpoint that rounds pixels or answers needs a larger ``step``.

    Args:
        teacher (dict): Config of a ``BlackBoxTeacher`` that answers with logits or probabilities.
        num_directions (int): m, number of random directions. Defaults to 1.
        step (float): eps, length of a step in the classifiers' normalised space. Defaults to 1e-3.

    Raises:
        ConfigError: If the teacher answers with labels, is no black box, or a number is out of range.
    """

    estimates_gradient = True

    def __init__(self, teacher: dict, num_directions: int = 1, step: float = 1e-3) -> None:
        asked = MODELS.build(teacher)
        if not isinstance(asked, BlackBoxTeacher):
            raise ConfigError(
                f'ZerothOrderTeacher.teacher is of type {type(asked).__name__}, which has a gradient; use '
                'it without ZerothOrderTeacher, or name a black-box teacher'
            )
        if asked.answers == 'labels':
            raise ConfigError(
                f'{asked.name} answers with labels, which do not differ between nearby images, so ZerothOrderTeacher '
                'cannot estimate a gradient; ask for probabilities, or use a reward of PolicyGradientHook'
            )
        if num_directions < 1 or step <= 0:
            raise ConfigError(
                f'ZerothOrderTeacher.num_directions is {num_directions} and step is {step}; expected 1 or more, and a '
                'length above 0'
            )
        super().__init__(asked.num_classes, asked.mean, asked.std, asked.answers, asked.floor, asked.batch_size)
        self.teacher, self.num_directions, self.step = asked, num_directions, step

    @property
    def name(self) -> str:
        """See the base class."""
        return self.teacher.name

    def ask(self, pixels: Tensor) -> Tensor:
        """See the base class."""
        return self.teacher.ask(pixels)

    def _answered(self, inputs: Tensor) -> Tensor:
        return _Answers.apply(inputs, self._asked, self.num_directions, self.step)


class _Answers(torch.autograd.Function):
    """Logits whose backward pass is :func:`zeroth_order_gradient`."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, function: Callable, num_directions: int, step: float) -> Tensor:
        logits = function(images)
        ctx.save_for_backward(images, logits)
        ctx.settings = function, num_directions, step
        return logits

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple:
        images, logits = ctx.saved_tensors
        function, num_directions, step = ctx.settings
        estimate = zeroth_order_gradient(function, images, logits, gradient, num_directions, step)
        return estimate, None, None, None


def zeroth_order_gradient(
    function: Callable[[Tensor], Tensor],
    images: Tensor,
    values: Tensor,
    gradient: Tensor,
    num_directions: int,
    step: float,
) -> Tensor:
    """Estimate of the gradient in x of <g, a(x)> by forward differences along random directions.

    (d / (m eps)) sum_j <g, a(x + eps u_j) - a(x)> u_j, with d numbers in an image and u_j uniform on the unit sphere:
    as eps goes to 0 its mean is the gradient g', and its variance in each number about ||g'||^2 / m. For the loss that
    gives g, it is the teacher's part of the estimate in DFME (Truong et al., CVPR 2021).

    Args:
        function (Callable): a, maps images (N, C, H, W) to (N, classes).
        images (Tensor): x, shape (N, C, H, W).
        values (Tensor): a(x), shape (N, classes).
        gradient (Tensor): g of each image, shape (N, classes).
        num_directions (int): m; ``function`` is asked about m N images.
        step (float): eps.

    Returns:
        Tensor: Shape (N, C, H, W).
    """
    directions = torch.randn(num_directions, *images.shape, device=images.device)  # float32, also in mixed precision
    directions /= directions.flatten(2).norm(dim=2)[..., None, None, None]
    moved = function((images + step * directions).flatten(0, 1)).unflatten(0, directions.shape[:2])
    slopes = ((moved - values) * gradient).sum(2) / step
    return (slopes[..., None, None, None] * directions).mean(0) * images[0].numel()
