"""``python -m genkd_mm SCRIPT ARGS...`` runs any script with :mod:`genkd_mm.compat` applied first.

mmrazor's own scripts import mmrazor before they read a config, too early for ``custom_imports`` to patch anything. The
package's own tools, such as ``tools/train.py``, are found wherever it is installed.
"""

import os
import runpy
import sys

import torch  # the package has been imported before this module, and with it genkd_mm.compat applied

from .engine.runner.launch import end_process_group
from .utils import shipped

USAGE = 'usage: python -m genkd_mm SCRIPT [ARGS ...]'


def main() -> None:
    """Run the script named in ``sys.argv[1]`` as ``__main__``, with the arguments that follow it."""
    if sys.argv[1:2] in (['-h'], ['--help']):
        print(USAGE)
        return
    if len(sys.argv) < 2:
        sys.exit(USAGE)
    if not os.path.exists(sys.argv[1]) and shipped(sys.argv[1]).is_file():
        sys.argv[1] = str(shipped(sys.argv[1]))
    if not os.path.exists(sys.argv[1]) or os.path.isdir(sys.argv[1]):
        print(f'error: SCRIPT is {sys.argv[1]!r}, which is no file; give the path of a Python script', file=sys.stderr)
        sys.exit(2)
    del sys.argv[0]
    sys.path.insert(0, os.path.dirname(os.path.abspath(sys.argv[0])))  # as ``python SCRIPT`` has it
    try:
        runpy.run_path(sys.argv[0], run_name='__main__')
    finally:
        if torch.distributed.is_initialized():  # mmrazor's scripts leave it to the interpreter's end
            end_process_group()


if __name__ == '__main__':
    main()
