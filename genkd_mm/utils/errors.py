"""The two exceptions that tell a user what to do."""


class ConfigError(ValueError):
    """Bad input, met before training.

    The message is one sentence: the config key or file, what was found, what was expected, what to do.
    ``tools/train.py`` prints it alone, without a traceback, and exits with code 2.
    """


class DamagedCheckpointError(ConfigError):
    """A checkpoint whose bytes cannot be read, so that an older one may be taken in its place."""


class TrainingError(RuntimeError):
    """A run that had begun cannot go on; what it had done is on disk.

    The message is one sentence: what happened, where the last whole checkpoint is, what to do. ``tools/train.py``
    prints it, leaves the traceback to the log file, and exits with code 1.
    """
