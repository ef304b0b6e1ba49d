"""The runner, its loop, and exact resume."""

from .loop import ResumableTrainLoop
from .runner import ConsoleRunner

__all__ = ['ConsoleRunner', 'ResumableTrainLoop']
