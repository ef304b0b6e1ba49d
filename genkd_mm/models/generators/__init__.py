"""The generator."""
from .ebm_generator import EBMGenerator, Samples

__all__ = ['EBMGenerator', 'Samples']
