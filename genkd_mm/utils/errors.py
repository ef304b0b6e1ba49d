"""The one exception that tells a user what to change."""


class ConfigError(ValueError):
    """Bad input, met before training.

    The message is one sentence: the config key or file, what was found, what was expected, what to do.
    ``tools/train.py`` prints it alone, without a traceback, and exits with code 2.
    """
