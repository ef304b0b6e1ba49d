"""The wheel: what is in it, what it asks for, and that configs and tools work from it alone."""

import email
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from mmengine.config import Config

ROOT = Path(__file__).parents[1]
CONFIGS = sorted(path.relative_to(ROOT) for path in ROOT.glob('configs/**/*.py'))


@pytest.fixture(scope='module')
def wheel(tmp_path_factory) -> Path:
    """Built from a copy of the tracked files, so that nothing of an earlier build can be in it."""
    folder = tmp_path_factory.mktemp('packaging')
    names = (
        'setup.py setup.cfg pyproject.toml MANIFEST.in README.md LICENSE CHANGELOG.md model-index.yml '
        'configs tools genkd_mm'
    ).split()
    source = folder / 'source'
    source.mkdir()
    subprocess.run(['cp', '-r', *(str(ROOT / name) for name in names), str(source)], check=True)
    options = '--no-index --no-build-isolation --no-deps --quiet -w'.split()
    command = [sys.executable, '-m', 'pip', 'wheel', *options, str(folder), str(source)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[-3000:]
    return next(folder.glob('genkd_mm-*.whl'))


@pytest.fixture(scope='module')
def unpacked(wheel) -> Path:
    """What pip would put into site-packages."""
    folder = wheel.parent / 'site'
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_it_asks_for_no_mmcv(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith('.dist-info/METADATA'))
        metadata = email.message_from_bytes(archive.read(name))
    required = [line for line in metadata.get_all('Requires-Dist') if 'extra ==' not in line]
    assert any(line.startswith('mmrazor') for line in required)
    assert not any(line.startswith('mmcv') for line in required)


def test_it_holds_package_configs_tools_and_index(unpacked):
    files = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob('*') if path.is_file()}
    sources = [path for path in ROOT.glob('genkd_mm/**/*.*') if not {'.mim', '__pycache__'} & set(path.parts)]
    package = {path.relative_to(ROOT).as_posix() for path in sources}  # templates, too
    assert package <= files
    assert {f'genkd_mm/.mim/{path.as_posix()}' for path in CONFIGS} <= files
    assert {f'genkd_mm/.mim/tools/{name}' for name in ('train.py', 'test.py', 'sample.py', 'dist_train.sh')} <= files
    assert 'genkd_mm/.mim/model-index.yml' in files and 'genkd_mm/.mim/configs/metafile.yml' in files
    assert not any(name.startswith(('tests/', 'docs/', 'tools/', 'configs/')) for name in files)
    assert not any(name.endswith(('.pyc', '.pth')) for name in files)


def test_every_config_reads_from_there(unpacked):
    for path in CONFIGS:
        if '_base_' not in path.parts:
            config = Config.fromfile(unpacked / 'genkd_mm' / '.mim' / path)
            for prerequisite in config.get('prerequisites', ()):
                assert Path(prerequisite['config']).resolve().is_relative_to(unpacked)


def test_a_consumer_distils_from_the_pair_in_it(unpacked, tmp_path):
    """As the tutorial has it, with nothing but what pip would install."""
    command = ['-m', 'genkd_mm', 'tools/train.py', 'genkd_mm::genkd_digits_consumer.py', '--cfg-options']
    short = ['train_cfg.max_iters=4', 'model.student_iter=1', 'train_dataloader.batch_size=20']
    short.append('default_hooks.chain_reward.num_chains=20')
    result = subprocess.run(
        [sys.executable, '-W', 'ignore', *command, *short],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, 'PYTHONPATH': str(unpacked), 'OMP_NUM_THREADS': '1'},
    )
    assert result.returncode == 0, result.stderr[-3000:]
    summary = json.loads((tmp_path / 'work_dirs/genkd_digits_consumer/summary.json').read_text())
    assert summary['teacher_top1']['teacher'] > 95 and summary['pseudo_samples'] > 0
    assert Path(tmp_path / summary['config']).resolve().is_relative_to(unpacked)
