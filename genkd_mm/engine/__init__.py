"""What runs beside mmengine's loop, and the loop itself."""

from . import hooks, optimizers, runner

__all__ = ['hooks', 'optimizers', 'runner']
