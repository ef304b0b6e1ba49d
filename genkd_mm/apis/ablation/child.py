"""``python -m genkd_mm.apis.ablation.child CONFIG --work-dir DIR``: one run of an ablation.

It trains as tools/train.py with --resume, and ends as at SIGTERM if the tool that started it has died: that tool holds
the other end of the standard input, which closes with it, whatever ended it.
"""

import os
import signal
import sys
import threading

from ...engine.runner.config import load_config
from ...utils import exit_codes
from .. import train


def end_with_the_tool() -> None:
    """Wait for the end of the standard input."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == '__main__':
    threading.Thread(target=end_with_the_tool, daemon=True).start()
    config, _, work_dir = sys.argv[1:]
    with exit_codes():
        train(load_config(config, work_dir=work_dir), resume=True)
