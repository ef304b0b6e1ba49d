"""What PolicyGradientHook needs of a run, each raising ConfigError where it is missing."""

from collections.abc import Sequence

import torch
from mmengine.config import Config
from torch import nn

from ...models import EBMGenerator
from ...models.criteria import Criterion
from ...samplers import LangevinSampler
from ...utils import ConfigError


def require_window(sampler: LangevinSampler, window: int, scored: bool) -> None:
    """The chain has ``window`` steps or more, and noise in each if they are ``scored``."""
    steps = sampler.num_steps - sampler.differentiable_steps
    if window > steps:
        raise ConfigError(
            f'PolicyGradientHook.window is {window} but the chain has {steps} steps (sampler.num_steps less '
            'sampler.differentiable_steps); shorten the window or lengthen the chain'
        )
    if scored and any(std == 0 for std in sampler.noise_stds):
        raise ConfigError(
            'sampler.noise_std is 0 in some step, where the chain is no policy and has no score; '
            'raise it, or take PolicyGradientHook out'
        )


def require_same_normalisation(model: nn.Module, generator: EBMGenerator) -> None:
    """The generator and the model's data preprocessor have the same mean and std."""
    for name in ('mean', 'std'):
        expected = getattr(model.data_preprocessor, name, None)
        found = getattr(generator, f'_{name}')
        if expected is not None and not torch.allclose(expected.cpu().float(), found.cpu(), atol=1e-3):
            raise ConfigError(
                f'model.generator.{name} is {getattr(generator, name)} but model.data_preprocessor.{name} is '
                f'{expected.flatten().tolist()}; give the generator the same values'
            )


def require_values_per_image(reward: Sequence[Criterion]) -> None:
    """Every criterion tells the images of a batch apart."""
    for criterion in reward:
        if not criterion.per_image:
            raise ConfigError(
                f'PolicyGradientHook.reward has {type(criterion).__name__} with per_image=False, whose value is the '
                'same for all images of a batch and rewards none; leave per_image out, or use it as guidance'
            )


def require_optimizer(config: Config) -> None:
    """The config has an optimizer of the energy."""
    if not isinstance(config.get('optim_wrapper'), dict) or 'generator' not in config.optim_wrapper:
        raise ConfigError(
            'PolicyGradientHook found no optim_wrapper.generator in the config; add the optimizer of '
            "the energy there, with constructor='mmrazor.SeparateOptimWrapperConstructor'"
        )
