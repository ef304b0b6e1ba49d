"""A pack comes in pieces, is checked, and runs a stage; with a small checkout in the place of this one."""

import importlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / 'tools' / 'maintenance'
TOOL = """
import json, signal, sys, time
import packed, helper
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
print(json.dumps([packed.NAME, helper.NAME, *sys.argv[1:]]), flush=True)
time.sleep(60 if 'long' in sys.argv else 0)
"""


@pytest.fixture
def pack(monkeypatch):
    """tools/maintenance/pack.py as a module."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module('pack')


@pytest.fixture
def packed(pack, tmp_path):
    """A folder of pieces of at most 1,000 bytes."""
    source, out = tmp_path / 'source', tmp_path / 'packed'
    (source / 'wheels').mkdir(parents=True)
    out.mkdir()
    with zipfile.ZipFile(source / 'wheels/packed-1-py3-none-any.whl', 'w') as wheel:
        wheel.writestr('packed.py', 'NAME = "of the wheel"')
    (source / 'tool.py').write_text(TOOL)
    (source / 'helper.py').write_text('NAME = "of the checkout"')
    (source / 'train.npz').write_bytes(os.urandom(3000))
    files = {
        'wheels': source / 'wheels',
        'data/train.npz': source / 'train.npz',
        'checkout/helper.py': source / 'helper.py',
        'checkout/tools/reproduce_cifar10.py': source / 'tool.py',
    }
    pack.cut(pack.archive(files, tmp_path / 'pack.tar'), out, 1000)
    (out / 'unpack.py').write_bytes((FOLDER / 'unpack.py').read_bytes())
    return out


def unpack(folder, home, *rest, limit=1):
    command = [sys.executable, folder / 'unpack.py', '--limit', str(limit), home, *rest]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_stage_runs_with_the_packages_and_the_checkout_of_the_pack(packed, tmp_path):
    home = tmp_path / 'home'
    done = unpack(packed, home, 'smoke', '--out', 'here')
    assert done.returncode == 0, done.stderr
    options = ['--data', str(home / 'pack/data'), '--out', str(home / 'out'), 'smoke', '--out', 'here']
    assert json.loads(done.stdout) == ['of the wheel', 'of the checkout', *options]
    assert (home / 'pack/data/train.npz').read_bytes() == (tmp_path / 'source/train.npz').read_bytes()


def test_pieces_may_come_one_after_the_other_and_must_be_whole(packed, tmp_path):
    home, later = tmp_path / 'home', tmp_path / 'piece002'
    assert all(path.stat().st_size <= 1000 for path in packed.glob('piece0*'))
    (packed / 'piece002').rename(later)
    (packed / 'piece003').write_bytes(b'torn')
    first = unpack(packed, home)
    assert first.returncode == 0 and first.stdout == 'still missing: piece002, piece003\n'
    assert unpack(packed, home, 'smoke').returncode == 2
    for path in packed.glob('piece0*'):  # they have been kept
        path.unlink()
    later.rename(packed / 'piece002')
    assert unpack(packed, home).stdout == 'still missing: piece003\n'


def test_a_stage_that_takes_too_long_is_told_to_end(packed, tmp_path):
    done = unpack(packed, tmp_path / 'home', 'long', limit=1 / 60)
    assert done.returncode == 143 and 'long' in done.stdout


def test_what_is_packed(pack):
    versions = pack.versions('3.12')
    assert {'genkd-mm', 'mmengine', 'mmcv-lite', 'mmpretrain', 'mmrazor', 'torchebm', 'pytest', 'scipy'} <= set(
        versions
    )
    assert not {'torch', 'torchvision', 'triton'} & set(versions)
    files = pack.tracked()
    assert {'tools/reproduce_cifar10.py', 'tests/samplers/test_graphed.py', 'genkd_mm/__init__.py'} <= set(files)
