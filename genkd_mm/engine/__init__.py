"""What runs beside mmengine's loop, and the loop itself."""
from . import hooks, loops

__all__ = ['hooks', 'loops']
