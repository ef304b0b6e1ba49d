"""The generators."""

from .ebm_generator import EBMGenerator
from .grey_generator import GreyGenerator
from .pixel_generator import PixelGenerator

__all__ = ['EBMGenerator', 'GreyGenerator', 'PixelGenerator']
