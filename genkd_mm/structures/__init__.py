"""Plain data that the other packages exchange."""

from .chain_spec import ChainSpec
from .chains import Samples, StepOutputs, Trajectory
from .data_spec import DataSpec
from .run_metrics import RunMetrics
from .sample_folder import SampleFolder

__all__ = ['ChainSpec', 'DataSpec', 'RunMetrics', 'SampleFolder', 'Samples', 'StepOutputs', 'Trajectory']
