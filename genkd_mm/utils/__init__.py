"""Small helpers that every layer may use."""

from .checkpoint import load_strictly, read_checkpoint, require_fit
from .data_spec import DataSpec
from .errors import ConfigError, DamagedCheckpointError, TrainingError, exit_codes
from .files import whole_file
from .modules import channels_last, evaluating, frozen, unwrapped
from .precision import Precision
from .random_state import get_random_state, seeded, set_random_state
from .timing import timed

__all__ = [
    'ConfigError',
    'DamagedCheckpointError',
    'DataSpec',
    'Precision',
    'TrainingError',
    'channels_last',
    'evaluating',
    'exit_codes',
    'frozen',
    'get_random_state',
    'load_strictly',
    'read_checkpoint',
    'require_fit',
    'seeded',
    'set_random_state',
    'timed',
    'unwrapped',
    'whole_file',
]
