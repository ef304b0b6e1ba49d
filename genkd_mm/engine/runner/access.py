"""Finding a run's parts behind mmengine's wrappers."""

from mmengine.runner import Runner
from torch import nn

from ...models import EBMGenerator, FrozenNetworks
from ...structures import RunMetrics
from ...utils import ConfigError, unwrapped

__all__ = ['generator_of', 'metrics_of', 'networks_of', 'require_ebm_generator', 'teachers_of', 'unwrapped']


def generator_of(runner: Runner) -> nn.Module | None:
    """The model's generator as the runner holds it, wrapped or not; None if it has none."""
    return getattr(unwrapped(runner.model), 'generator', None)


def require_ebm_generator(runner: Runner, hook: str) -> EBMGenerator:
    """The unwrapped ``EBMGenerator`` of the model.

    Raises:
        ConfigError: If the model has no generator, or one of another kind; ``hook`` names who asks.
    """
    generator = unwrapped(generator_of(runner) or nn.Identity())
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
    """The teachers and the student of a distillation as ``GenKD`` has bound them to the guidance criteria; for other
    algorithms they are bound now.
    """
    model = unwrapped(runner.model)
    if not hasattr(model, 'networks'):
        model.networks = FrozenNetworks(model.teachers, model.student)
        unwrapped(model.generator).bind(model.networks)
    return model.networks


def teachers_of(model: nn.Module) -> dict[str, nn.Module]:
    """The teachers of any mmrazor distillation by name; none if the model has none."""
    if hasattr(model, 'teachers'):
        return dict(model.teachers)
    return dict(teacher=model.teacher) if hasattr(model, 'teacher') else {}
