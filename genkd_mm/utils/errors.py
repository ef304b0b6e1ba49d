"""The exceptions that tell a user what to do, and how a program ends with them."""

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class ConfigError(ValueError):
    """Bad input, met before training.

    The message is one sentence: the config key or file, what was found, what was expected, what to do.
    :func:`exit_codes` prints it alone, without a traceback, and exits with code 2.
    """


class DamagedCheckpointError(ConfigError):
    """A checkpoint whose bytes cannot be read, so an older one may be taken in its place."""


class DataError(ConfigError):
    """An item of a dataset that cannot be read; in a run it ends as a ``TrainingError``."""


class TrainingError(RuntimeError):
    """A run that had begun cannot go on; what it had done is on disk.

    The message is one sentence: what happened, where the last whole checkpoint is, what to do.
    :func:`exit_codes` prints it, leaves the traceback to the log file, and exits with code 1.
    """


@contextmanager
def exit_codes() -> Iterator[None]:
    """End the program with one sentence and a code: 2 at bad input, 1 where a run had to stop, 130 at Ctrl-C.

    What the console cannot show, such as a name outside of its locale, is printed with escapes.
    """
    if hasattr(sys.stdout, 'reconfigure'):
        sys.stdout.reconfigure(errors='backslashreplace')
    try:
        yield
    except (ConfigError, TrainingError) as error:
        print(f'error: {error}', file=sys.stderr)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        sys.exit(130)


def one_line(words: object, longest: int = 200) -> str:
    """Text for a sentence: without line breaks, and cut."""
    return ' '.join(str(words).split())[:longest]


def require_packages(names: Sequence[str], who: str) -> None:
    """Raises ConfigError if a package that ``who``, an option or a component, needs is not installed."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f'{who} needs {" and ".join(missing)}, which cannot be imported; run: pip install {" ".join(missing)}'
        )
