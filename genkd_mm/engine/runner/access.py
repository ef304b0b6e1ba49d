"""Finding a run's parts behind mmengine's wrappers."""

from typing import Any

from mmengine.runner import Runner
from torch import nn

from ...models import EBMGenerator, FrozenNetworks
from ...samplers import ReplayBuffer
from ...structures import RunMetrics
from ...utils import ConfigError, unwrapped


def generator_of(runner: Runner) -> Any:
    """The model's generator without its distributed wrapper; None if it has none."""
    generator = getattr(unwrapped(runner.model), 'generator', None)
    return generator and unwrapped(generator)


def buffer_of(runner: Runner) -> ReplayBuffer | None:
    """The generator's chains; None if it keeps none."""
    return getattr(generator_of(runner), 'replay_buffer', None)


def require_ebm_generator(runner: Runner, hook: str) -> EBMGenerator:
    """The ``EBMGenerator`` of the model; raises ConfigError if it has none, where ``hook`` names who asks."""
    generator = generator_of(runner)
    if not hasattr(generator, 'energy'):
        raise ConfigError(
            f"{hook} needs model.generator.type='EBMGenerator' but found "
            f'{type(generator).__name__}; change the generator or take {hook} out of its hooks'
        )
    return generator


def metrics_of(runner: Runner) -> RunMetrics:
    """The run's metrics, which its model carries; ``GenKD`` adds to them, other models are given empty ones."""
    model = unwrapped(runner.model)
    if not hasattr(model, 'metrics'):
        model.metrics = RunMetrics()
    return model.metrics


def networks_of(runner: Runner) -> FrozenNetworks:
    """The model's teachers and student, bound to the guidance criteria: by ``GenKD`` itself, for others now."""
    model = unwrapped(runner.model)
    if not hasattr(model, 'networks'):
        model.networks = FrozenNetworks(teachers_of(model), getattr(model, 'student', None))
        unwrapped(model.generator).bind(model.networks)
    return model.networks


def teachers_of(model: nn.Module) -> dict[str, nn.Module]:
    """The teachers of any mmrazor distillation by name; none if the model has none."""
    if hasattr(model, 'teachers'):
        return dict(model.teachers)
    return dict(teacher=model.teacher) if hasattr(model, 'teacher') else {}
