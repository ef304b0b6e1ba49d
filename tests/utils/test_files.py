"""Files that are whole or not there."""

import os

import pytest

from genkd_mm.utils import ConfigError, atomic_write
from genkd_mm.utils.files import read_json


def test_the_name_appears_when_the_block_ends(tmp_path):
    path = tmp_path / 'a.bin'
    with atomic_write(path) as file:
        file.write(b'all of it')
        assert not path.exists()
    assert path.read_bytes() == b'all of it'
    assert os.listdir(tmp_path) == ['a.bin']


def test_an_exception_leaves_the_old_file(tmp_path):
    path = tmp_path / 'a.bin'
    path.write_bytes(b'old')
    with pytest.raises(RuntimeError, match='stop'), atomic_write(path) as file:
        file.write(b'half of the ')
        raise RuntimeError('stop')
    assert path.read_bytes() == b'old'
    assert os.listdir(tmp_path) == ['a.bin']


def test_a_kill_leaves_the_old_file_and_the_next_write_cleans_up(run_python, tmp_path):
    path = tmp_path / 'a.bin'
    path.write_bytes(b'old')
    script = (
        'import os, signal, sys\n'
        'from genkd_mm.utils.files import atomic_write\n'
        'with atomic_write(sys.argv[1]) as file:\n'
        "    file.write(b'half of the ')\n"
        '    file.flush()\n'
        '    os.kill(os.getpid(), signal.SIGKILL)\n'
    )
    assert run_python('-c', script, path).returncode == -9
    assert path.read_bytes() == b'old'
    with atomic_write(path) as file:
        file.write(b'new')
    assert path.read_bytes() == b'new'
    assert os.listdir(tmp_path) == ['a.bin']


def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / 'a.bin'
    path.write_bytes(b'old')
    (tmp_path / 'a.bin.tmp').symlink_to('/dev/full')  # every write to it fails with ENOSPC
    with pytest.raises(OSError, match='No space left'), atomic_write(path) as file:
        file.write(b'x' * 100_000)
    assert path.read_bytes() == b'old'


@pytest.mark.parametrize(
    'text, words',
    [(None, 'cannot be read as JSON .*; give a summary'), ('[1]', 'holds a list; expected a JSON object')],
)
def test_a_file_that_holds_no_object_is_one_sentence(tmp_path, text, words):
    path = tmp_path / 'summary.json'
    if text:
        path.write_text(text)
    with pytest.raises(ConfigError, match=f'summary.json. {words}'):
        read_json(path, 'a summary')
