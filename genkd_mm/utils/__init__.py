"""Small helpers that every layer may use."""

from .checkpoint import load_strictly, read_checkpoint, require_fit
from .errors import ConfigError, DamagedCheckpointError, DataError, TrainingError, exit_codes
from .files import atomic_write, read_json, shipped
from .modules import channels_last, evaluating, frozen, unwrapped
from .precision import Precision
from .random_state import get_random_state, seeded, set_random_state
from .timing import timed

__all__ = [
    'ConfigError',
    'DamagedCheckpointError',
    'DataError',
    'Precision',
    'TrainingError',
    'channels_last',
    'evaluating',
    'exit_codes',
    'frozen',
    'get_random_state',
    'load_strictly',
    'read_checkpoint',
    'read_json',
    'require_fit',
    'seeded',
    'set_random_state',
    'shipped',
    'timed',
    'unwrapped',
    'atomic_write',
]
