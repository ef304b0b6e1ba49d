"""The generators."""

from .ebm_generator import EBMGenerator
from .grey_generator import GreyGenerator

__all__ = ['EBMGenerator', 'GreyGenerator']
