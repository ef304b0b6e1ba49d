"""mmengine's Runner with a console that a person can read."""
import logging

from mmengine.logging import MMLogger
from mmengine.runner import Runner

# What mmengine prints at every start, hundreds of lines, and its warnings about its own internals.
FILE_ONLY = ('\n' + '-' * 60 + '\nSystem environment', 'Config:', 'Hooks will be executed', '"FileClient"',
             '"HardDiskBackend"', 'Traceback of what follows')


class ConsoleRunner(Runner):
    """A Runner whose environment, config and hook listings go to the log file alone."""

    def build_logger(self, *args, **kwargs) -> MMLogger:
        """As mmengine's, with a filter on the console's handler."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.addFilter(lambda record: not record.getMessage().startswith(FILE_ONLY))
        return logger
