"""Becomes the process that ``processes.py`` asks for in ``REQUEST``: its folder, variables, output files, arguments."""

import os
import runpy
import sys

import mmengine.config.config

import genkd_mm.engine.hooks.summary_hook

os.chdir(REQUEST['cwd'])  # noqa: F821
os.environ.clear()
os.environ.update(REQUEST['env'])  # noqa: F821
for descriptor, path in zip((1, 2), REQUEST['outputs']):  # noqa: F821
    os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
sys.stdout.reconfigure(line_buffering=True)

# As quick_runs in fixtures.py has it.
mmengine.config.config.FormatCode = lambda text, **kwargs: (text, True)
genkd_mm.engine.hooks.summary_hook.draw_curves = lambda *args: None

kind, *rest = REQUEST['arguments']  # noqa: F821
if kind == '-c':
    sys.argv = ['-c', *rest[1:]]
    exec(compile(rest[0], '<string>', 'exec'), {'__name__': '__main__'})
elif kind == '-m':
    sys.argv = rest
    runpy.run_module(rest[0], run_name='__main__', alter_sys=True)
else:
    sys.argv = [kind, *rest]
    sys.path.insert(0, os.path.dirname(os.path.abspath(kind)))
    runpy.run_path(kind, run_name='__main__')
