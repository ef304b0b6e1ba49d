"""Small helpers that every layer may use."""

from .checkpoint import load_strictly, part_of, read_checkpoint, require_fit
from .errors import (
    ConfigError,
    DamagedCheckpointError,
    DataError,
    TrainingError,
    exit_codes,
    one_line,
    require_packages,
)
from .files import atomic_write, config_file, read_json, save_json, save_text, shipped
from .modules import channels_last, evaluating, frozen, unwrapped
from .precision import Precision, without_tf32
from .random_state import get_random_state, seeded, set_random_state
from .timing import Stopwatch, duration

__all__ = [
    'ConfigError',
    'DamagedCheckpointError',
    'DataError',
    'Precision',
    'Stopwatch',
    'TrainingError',
    'atomic_write',
    'channels_last',
    'config_file',
    'duration',
    'evaluating',
    'exit_codes',
    'frozen',
    'get_random_state',
    'load_strictly',
    'one_line',
    'part_of',
    'read_checkpoint',
    'read_json',
    'require_fit',
    'require_packages',
    'save_json',
    'save_text',
    'seeded',
    'set_random_state',
    'shipped',
    'unwrapped',
    'without_tf32',
]
