"""Plain data that the other packages exchange."""

from .data_spec import DataSpec
from .sample_folder import SampleFolder
from .samples import Samples
from .trajectory import Trajectory

__all__ = ['DataSpec', 'SampleFolder', 'Samples', 'Trajectory']
