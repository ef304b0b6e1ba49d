"""Plain data that the other packages exchange."""

from .chain_spec import ChainSpec
from .data_spec import DataSpec
from .run_metrics import RunMetrics
from .sample_folder import SampleFolder
from .samples import Samples
from .step_outputs import StepOutputs
from .trajectory import Trajectory

__all__ = ['ChainSpec', 'DataSpec', 'RunMetrics', 'SampleFolder', 'Samples', 'StepOutputs', 'Trajectory']
