"""Plain data that the other packages exchange."""

from .chain_spec import ChainSpec
from .data_spec import DataSpec
from .sample_folder import SampleFolder
from .samples import Samples
from .trajectory import Trajectory

__all__ = ['ChainSpec', 'DataSpec', 'SampleFolder', 'Samples', 'Trajectory']
