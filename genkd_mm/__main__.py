"""``python -m genkd_mm SCRIPT ARGS...`` runs any script with :mod:`genkd_mm.compat` applied first.

mmrazor's own scripts import mmrazor before they read a config, too early for ``custom_imports`` to mend anything.
"""
import runpy
import sys

import genkd_mm  # noqa: F401


def main() -> None:
    """Run the script named in ``sys.argv[1]`` as ``__main__``, with the arguments that follow it."""
    if len(sys.argv) < 2 or sys.argv[1] in ('-h', '--help'):
        sys.exit('usage: python -m genkd_mm SCRIPT [ARGS ...]')
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name='__main__')


if __name__ == '__main__':
    main()
