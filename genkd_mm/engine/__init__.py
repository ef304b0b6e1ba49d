"""What runs beside mmengine's loop, and the loop itself."""

from . import hooks, loops, optim_wrapper_constructor

__all__ = ['hooks', 'loops', 'optim_wrapper_constructor']
