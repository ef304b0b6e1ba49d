"""One run of an ablation: tools/train.py, which ends as at SIGTERM if the tool that started it has died.

That tool holds the other end of the standard input, which closes with it, whatever ended it.
"""

import os
import runpy
import signal
import sys
import threading

from genkd_mm.utils import shipped

TRAIN = shipped('tools/train.py')


def end_with_the_tool() -> None:
    """Wait for the end of the standard input."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == '__main__':
    threading.Thread(target=end_with_the_tool, daemon=True).start()
    sys.argv[0], sys.path[0] = str(TRAIN), str(TRAIN.parent)
    runpy.run_path(str(TRAIN), run_name='__main__')
