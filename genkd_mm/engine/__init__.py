"""What runs beside mmengine's loop."""
from . import hooks

__all__ = ['hooks']
