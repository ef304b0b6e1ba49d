"""GenKD for mmrazor: data-free knowledge distillation from an energy-based model."""

from . import compat
from .version import __version__

compat.apply()

from . import datasets, engine, models, samplers  # noqa: E402,F401  (registers every component)

__all__ = ['__version__']
