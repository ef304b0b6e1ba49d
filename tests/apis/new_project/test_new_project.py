"""A project that cannot be is refused, and leaves nothing; docs/test_tutorial.py makes one that can."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from genkd_mm.apis import new_project
from genkd_mm.apis.new_project import fit, fitting_size, rehearsal, shortened
from genkd_mm.apis.new_project.configs import Plan
from genkd_mm.apis.new_project.data import inspect_data
from genkd_mm.apis.new_project.rehearsal import Part
from genkd_mm.utils import ConfigError


@pytest.fixture
def images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for split in ('train', 'test'):
        for label in range(2):
            (tmp_path / f'images/{split}/{label}').mkdir(parents=True)
            for index in range(3):
                pixels = np.full((16, 16, 3), 100 * label + index, np.uint8)
                Image.fromarray(pixels).save(tmp_path / f'images/{split}/{label}/{index}.png')
    return tmp_path / 'images'


def test_a_folder_that_is_there_stays(images, tmp_path):
    (tmp_path / 'mine').mkdir()
    with pytest.raises(ConfigError, match='mine is there already'):
        new_project('mine', images)


def test_a_teacher_that_does_not_fit_leaves_no_folder(images, tmp_path):
    (tmp_path / 'config.py').write_text(
        "model = dict(type='mmpretrain.ImageClassifier', backbone=dict(type='mmrazor.SmallConvNet', width=4, "
        "in_channels=3), neck=dict(type='GlobalAveragePooling'), head=dict(type='LinearClsHead', num_classes=2, "
        'in_channels=4))\ndata_preprocessor = dict(mean=[0] * 3, std=[1] * 3, to_rgb=True)\n'
    )
    torch.save(dict(state_dict=dict(weight=torch.zeros(4, 3, 3, 3))), tmp_path / 'teacher.pth')
    with pytest.raises(ConfigError, match='does not fit the model in the config'):
        new_project('mine', images, ('config.py', 'teacher.pth'))
    assert not (tmp_path / 'mine').exists()


def test_a_teacher_of_larger_images_is_told_so(images, tmp_path):
    head = "head=dict(type='LinearClsHead', num_classes=2, in_channels=100)"
    (tmp_path / 'config.py').write_text(
        "model = dict(type='mmpretrain.ImageClassifier', backbone=dict(type='mmrazor.SmallConvNet', width=4, "
        f"in_channels=3), neck=dict(type='mmrazor.FlattenNeck'), {head})\n"
        'data_preprocessor = dict(mean=[0] * 3, std=[1] * 3, to_rgb=True)\n'
    )
    torch.save(dict(state_dict=dict(weight=torch.zeros(4, 3, 3, 3))), tmp_path / 'teacher.pth')
    with pytest.raises(ConfigError, match=r'--teacher does not take images of shape \(3, 16, 16\)'):
        new_project('mine', images, ('config.py', 'teacher.pth'))


def test_without_a_teacher_one_is_part_of_it(images, monkeypatch, capsys):
    monkeypatch.setattr(rehearsal, 'ITERATIONS', 2)
    parts = new_project('mine', images, size=8)
    assert [part.name for part in parts] == ['teacher', 'prior', 'student'] and all(part.seconds > 0 for part in parts)
    told = capsys.readouterr().out
    assert '6 training and 6 test images of 2 classes, taken as 3 x 8 x 8 (their sizes: 16 x 16)' in told
    assert '--teacher mine/teacher.py mine/runs/teacher/final.pth' in told
    assert 'python -m genkd_mm tools/train.py mine/student.py' in told  # there is no checkout here
    assert {path.name for path in Path('mine').iterdir() if path.suffix == '.txt'} == {
        'classes.txt',
        'train.txt',
        'test.txt',
    }


def test_the_size_is_that_of_the_images_if_they_are_alike(images):
    data = inspect_data(images)
    assert fitting_size(data) == 16
    Image.new('RGB', (20, 16)).save(images / 'train/0/wide.png')
    assert fitting_size(inspect_data(images)) == 32


def test_what_takes_more_than_an_hour_is_shortened():
    sizes = Plan((3, 32, 32), 100, teacher=500, prior=8000, student=400)
    parts = [Part('prior', 8000, 0.8, 8000 * 0.8 + 800), Part('student', 400, 2.0, 800.0)]
    fitted = fit(sizes, parts)
    assert fitted == sizes._replace(prior=4000)
    assert shortened(parts[0], 4000).seconds == pytest.approx(4000)
