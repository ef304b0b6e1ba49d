"""Text is UTF-8 in every file, whatever the locale."""

import ast
import io
import logging
from pathlib import Path

from mmengine.logging import MMLogger
from mmengine.runner import Runner

from genkd_mm.engine.runner.runner import ConsoleRunner
from genkd_mm.utils import exit_codes

ROOT = Path(__file__).parents[2]
BINARY = ('rb', 'wb', 'ab')


def opened_as_text(path):
    """Lines of a program in which a text file is opened without a word on its encoding."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, 'attr', getattr(node.func, 'id', ''))
        owner = getattr(getattr(node.func, 'value', None), 'id', '')
        modes = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        text = name in ('read_text', 'write_text') or (name == 'open' and owner not in ('Image', 'os', 'zipfile'))
        if text and not set(modes) & set(BINARY) and 'encoding' not in [word.arg for word in node.keywords]:
            yield f'{path.relative_to(ROOT)}:{node.lineno}'


def test_every_text_file_is_opened_as_utf8():
    programs = [*ROOT.glob('genkd_mm/**/*.py'), *ROOT.glob('tools/**/*.py')]
    assert len(programs) > 100
    assert [line for path in programs for line in opened_as_text(path)] == []


def test_a_file_without_encoding_is_seen(tmp_path, monkeypatch):
    (tmp_path / 'x.py').write_text("open('a')\nopen('a', 'rb')\npath.read_text()\n", encoding='utf-8')
    monkeypatch.setitem(globals(), 'ROOT', tmp_path)
    assert list(opened_as_text(tmp_path / 'x.py')) == ['x.py:1', 'x.py:3']


def test_the_log_takes_every_name(tmp_path, monkeypatch):
    logger = MMLogger('encodings', logger_name='encodings')
    path = tmp_path / 'run.log'
    logger.addHandler(logging.FileHandler(path, encoding='ascii'))  # as the locale may have it
    monkeypatch.setattr(Runner, 'build_logger', lambda self: logger)
    runner = object.__new__(ConsoleRunner)
    runner._experiment_name = 'encodings'
    runner.build_logger()
    logger.handlers[-1].emit(logging.makeLogRecord(dict(msg='Küche 台所')))
    assert path.read_bytes().decode('utf-8').strip() == 'Küche 台所'


def test_the_console_shows_what_it_can(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding='ascii')
    monkeypatch.setattr('sys.stdout', console)
    with exit_codes():
        print('Küche')
    console.flush()
    assert console.buffer.getvalue() == b'K\\xfcche\n'
