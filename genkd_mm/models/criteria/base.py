"""What every criterion shares."""

from collections.abc import Sequence

import torch
from mmrazor.registry import MODELS
from torch import Tensor, nn

from ...utils import ConfigError
from ..teachers import black_boxes
from .frozen_networks import FrozenNetworks


class Criterion(nn.Module):
    """A cost c(x, y), one value per image.

    ``forward(images, labels)`` takes images (N, C, H, W) in the classifiers' normalised space and classes (N,), and
    returns (N,). Gradients flow to the images. As a guidance term the chain climbs f - weight * c, as a reward the
    chain earns what a step lowers weight * c.

    Args:
        weight (float): Factor of this criterion in a sum; negative to reward a larger c. Defaults to 1.0.
    """

    needs_networks = True
    asks_teacher = True  # which as guidance needs the teacher's gradient
    per_image = True  # whether each image has a value of its own, which a reward must have

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight
        self._networks: list[FrozenNetworks] = []  # in a list, so the networks are no submodules

    def bind(self, networks: FrozenNetworks) -> None:
        """Name the teachers and the student that judge; called once before training."""
        self._networks = [networks]

    @property
    def networks(self) -> FrozenNetworks:
        """The bound networks.

        Raises:
            ConfigError: If no algorithm or hook has bound any.
        """
        if not self._networks:
            raise ConfigError(
                f'{type(self).__name__} needs a teacher and a student but nothing has named them; '
                'use it inside GenKD, or with PolicyGradientHook in default_hooks'
            )
        return self._networks[0]


def build_criteria(configs: Sequence[dict | Criterion], key: str) -> list[Criterion]:
    """Build criteria from config.

    Args:
        configs (Sequence[dict | Criterion]): Configs with a ``type``, or built criteria.
        key (str): The config key that holds them, for the error sentence.

    Raises:
        ConfigError: If a type is not a registered criterion, or its arguments do not fit.
    """
    criteria = []
    for index, config in enumerate(configs):
        if isinstance(config, Criterion):
            criteria.append(config)
            continue
        where = f'{key}[{index}]'
        cls = config.get('type')
        cls = MODELS.get(cls) if cls and isinstance(cls, str) else cls
        if not (isinstance(cls, type) and issubclass(cls, Criterion)):
            known = sorted(
                name for name, c in MODELS.module_dict.items() if isinstance(c, type) and issubclass(c, Criterion)
            )
            raise ConfigError(
                f'{where}.type is {config.get("type")!r}, which is no criterion; expected one of {", ".join(known)}'
            )
        try:
            criteria.append(MODELS.build({'_scope_': 'mmrazor', **config, 'type': cls}))  # in any default scope
        except TypeError as error:
            raise ConfigError(f'{where} does not fit {cls.__name__}: {error}; see its docstring') from error
    return criteria


def require_gradients(guidance: Sequence[Criterion], networks: FrozenNetworks, differentiable_steps: int) -> None:
    """A chain climbs the gradient of its guidance, which a teacher that only answers neither has nor estimates.

    Its last ``differentiable_steps`` differentiate that gradient once more, which an estimate does not allow.

    Raises:
        ConfigError: If a criterion of the guidance asks such a teacher.
    """
    asked = black_boxes(networks.teachers.values())
    without = [teacher for teacher in asked if not teacher.estimates_gradient]
    asking = ' and '.join(type(criterion).__name__ for criterion in guidance if criterion.asks_teacher)
    if without and asking:
        raise ConfigError(
            f'generator.sampler.guidance has {asking}, whose gradient goes through the teacher, but '
            f'{without[0].name} has none: use it as a reward of PolicyGradientHook, and criteria of the student or of '
            'the pixels as guidance, or wrap the teacher in ZerothOrderTeacher'
        )
    if asked and asking and differentiable_steps:
        raise ConfigError(
            f'generator.sampler.differentiable_steps is {differentiable_steps} and guidance has {asking}, whose '
            'gradient would be differentiated once more, but that of ZerothOrderTeacher is an estimate, which has no '
            'derivative: set differentiable_steps to 0, or use criteria of the student or of the pixels as guidance'
        )


def weighted_cost(criteria: Sequence[Criterion], images: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """sum_j w_j c_j(x, y), shape (N,), and the mean of each c_j under its class name; no gradient is kept."""
    total, means = images.new_zeros(len(images)), {}
    with torch.no_grad():
        for index, criterion in enumerate(criteria):
            cost = criterion(images, labels)
            total += criterion.weight * cost
            name = type(criterion).__name__
            means[f'{name}_{index}' if name in means else name] = cost.mean()
    return total, means
