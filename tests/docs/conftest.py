"""Reading the pages, and running what they say in this process: importing torch anew takes seconds a command."""

import re
import runpy
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

REPO = Path(__file__).parents[2]


class Block(NamedTuple):
    """A fenced block of a page, and the comment on the line before it ('' if there is none)."""

    language: str
    text: str
    comment: str


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a Markdown page, in order."""
    found = re.findall(r'(?:^<!-- (.*?) -->\n)?^```(\w*)\n(.*?)^```$', page.read_text(), re.DOTALL | re.MULTILINE)
    return [Block(language, text, comment) for comment, language, text in found]


def commands_of(block: Block) -> list[list[str]]:
    """The words of each command line, without comments and with continued lines joined."""
    lines = block.text.replace('\\\n', ' ').splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


@pytest.fixture
def read_blocks() -> Callable[[Path], list[Block]]:
    return blocks_of


@pytest.fixture
def split_commands() -> Callable[[Block], list[list[str]]]:
    return commands_of


@pytest.fixture
def run_tool(monkeypatch) -> Callable[[list[str]], None]:
    """Runs ``python tools/X.py ARGS`` as the command line would, in this process; fails if it exits with an error."""

    def run(words: list[str]) -> None:
        script = REPO / words[1]
        monkeypatch.setattr(sys, 'argv', [str(script), *words[2:]])
        monkeypatch.syspath_prepend(str(script.parent))
        try:
            runpy.run_path(str(script), run_name='__main__')
        except SystemExit as stopped:
            assert not stopped.code, f'{" ".join(words)} ended with {stopped.code}'

    return run


@pytest.fixture
def trained(digits_run, tmp_path, monkeypatch):
    """A folder with the repository's configs, and the digits' teacher and prior where these look for them."""
    for name in ('configs', 'tools'):
        (tmp_path / name).symlink_to(REPO / name)
    for name in ('teachers', 'priors'):
        shutil.copytree(digits_run / name, tmp_path / 'work_dirs' / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path
