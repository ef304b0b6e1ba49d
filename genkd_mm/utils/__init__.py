"""Small helpers that every layer may use."""
from .checkpoint import load_strictly, read_checkpoint
from .data_spec import DataSpec
from .errors import ConfigError
from .files import whole_file
from .modules import evaluating, frozen
from .timing import timed

__all__ = ['ConfigError', 'DataSpec', 'evaluating', 'frozen', 'load_strictly', 'read_checkpoint', 'timed',
           'whole_file']
