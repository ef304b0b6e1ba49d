"""tools/evaluate_samples.py and tools/quality_plot.py as a user types them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmrazor.registry import MODELS
from PIL import Image

from genkd_mm.engine.runner.config import load_config

from ..processes import environment, run_python

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs/offline/kd_digits.py'


def call(tool, *args, cwd):
    return run_python(ROOT / 'tools' / tool, *args, cwd=cwd, env=environment(COLUMNS='200'))


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A random teacher where the config looks for it, and images of another model."""
    folder = tmp_path_factory.mktemp('quality')
    config = load_config(str(CONFIG))
    path = folder / config.teacher_ckpt
    path.parent.mkdir(parents=True)
    torch.save(MODELS.build(config.model.teacher).state_dict(), path)
    for index, image in enumerate(np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)):
        target = folder / 'gan' / str(index % 10) / f'{index}.png'
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(target)
    return folder


@pytest.fixture(scope='module')
def quality(folder):
    """quality.json of the images, compared with the data."""
    done = call('evaluate_samples.py', CONFIG, 'gan', '--data', cwd=folder)
    assert done.returncode == 0 and 'work_dirs/quality/gan' in done.stdout, done.stderr[-2000:]
    return 'work_dirs/quality/gan/quality.json'


def test_measure_and_plot(folder, quality):
    report = json.loads((folder / quality).read_text())
    assert report['number'] == 40 and report['fid'] > 0

    (folder / 'one.json').write_text(json.dumps(dict(student_top1=12.5)))
    (folder / 'two.json').write_text(json.dumps(dict(student_top1=50.0)))
    (folder / 'other.json').write_text(json.dumps(report | dict(fid=1.0)))
    runs = f'--run gan {quality} one.json --run other other.json two.json --run other other.json one.json'
    done = call('quality_plot.py', *runs.split(), '--out', 'plot.png', '--json', 'all.json', cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.index('other') < done.stdout.index('gan') and '12.50' in done.stdout  # the best student first
    assert '31.25 ± 26.52' in done.stdout
    assert Image.open(folder / 'plot.png').format == 'PNG'
    first, second = json.loads((folder / 'all.json').read_text())['sets']
    assert first['samples'] == 'other' and first['fid'] == 1.0 and first['student_top1'] == [50.0, 12.5]
    assert second['precision'] == report['precision']


@pytest.mark.parametrize(
    'tool, args, words',
    [
        ('evaluate_samples.py', [CONFIG, 'nowhere'], "data_root is 'nowhere', which is no folder"),
        ('evaluate_samples.py', [CONFIG, 'gan', '--out', 'gan/0/0.png/x'], "--out is 'gan/0/0.png/x' but "),
        ('quality_plot.py', ['--run', 'a', 'nowhere.json', 'one.json'], "'nowhere.json' cannot be read as JSON"),
        (
            'quality_plot.py',
            ['--run', 'a', 'one.json', 'one.json', '--out', 'gan'],
            "--out is 'gan', which is a folder",
        ),
        (
            'quality_plot.py',
            ['--run', 'a', 'one.json', 'one.json', '--json', 'x/y'],
            "--json is 'x/y', whose folder does",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(folder, tool, args, words):
    done = call(tool, *args, cwd=folder)
    assert done.returncode == 2 and 'Traceback' not in done.stderr
    sentence = done.stderr.strip().splitlines()[-1]
    assert sentence.startswith('error: ') and words in sentence


def test_a_full_disk_is_one_sentence_and_exit_code_1(folder, quality):
    (folder / 'student.json').write_text(json.dumps(dict(student_top1=50.0)))
    (folder / 'full').mkdir()
    for name in ('full/quality.json', 'full.png'):
        (folder / f'{name}.tmp').symlink_to('/dev/full')  # every write to it fails with ENOSPC
    for tool, *args in (
        ('evaluate_samples.py', CONFIG, 'gan', '--out', 'full'),
        ('quality_plot.py', '--run', 'gan', quality, 'student.json', '--out', 'full.png'),
    ):
        done = call(tool, *args, cwd=folder)
        assert done.returncode == 1 and 'Traceback' not in done.stdout + done.stderr
        sentence = done.stderr.strip().splitlines()[-1]
        assert sentence.startswith('error: A file cannot be written') and 'whole; make room, then give' in sentence
    assert not (folder / 'full.png').exists() and not list(folder.glob('full*/*'))
