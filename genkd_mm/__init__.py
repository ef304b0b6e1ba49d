"""GenKD for mmrazor: data-free knowledge distillation from an energy-based model."""

from . import threads

threads.sleep_while_waiting()  # before anything loads torch

from . import compat  # noqa: E402
from .version import __version__  # noqa: E402

compat.apply()
threads.follow_quota()

from . import datasets, engine, models, samplers  # noqa: E402,F401  (registers every component)

__all__ = ['__version__']
