"""Measuring samples of a tiny random checkpoint with a config's teacher and data."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmrazor.registry import DATASETS
from PIL import Image

from genkd_mm.apis.evaluate_samples import closest_pairs, evaluate_samples, load_images, real_dataset, rows_by_class
from genkd_mm.apis.sample import sample
from genkd_mm.evaluation import METRICS, ImageSet
from genkd_mm.structures import SampleFolder
from genkd_mm.utils import ConfigError


@pytest.fixture
def samples(tiny, tmp_path):
    sample(tiny(), str(tmp_path / 'prior.pth'), tmp_path / 'samples', 50)
    return str(tmp_path / 'samples')


def digits(tmp_path, number, name='copies'):
    """Training images of the digits as a folder of any model's, one sub-folder a class."""
    data = DATASETS.build(dict(type='Digits', split='train'))
    for index in range(number):
        item = data.get_data_info(index)
        path = tmp_path / name / str(item['gt_label']) / f'{index}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(item['img'][..., 0]).save(path)
    return str(tmp_path / name)


def test_every_figure_is_in_the_json_and_the_pictures_are_there(tiny, samples, tmp_path, capsys):
    report = evaluate_samples(tiny(), samples, tmp_path / 'out', data='data_train')
    assert json.loads((tmp_path / 'out/quality.json').read_text()) == report
    assert (report['number'], report['real_number'], report['teacher'], report['features']) == (
        50,
        1297,
        'teacher',
        'teacher',
    )
    assert all(isinstance(report[name], float) for name in METRICS)
    assert {path.name for path in (tmp_path / 'out').iterdir()} == {'quality.json', 'samples.png', 'nearest.png'}
    shown = capsys.readouterr().out
    assert all(name in shown for name in METRICS)


def test_the_agreement_is_that_of_the_index(tiny, samples, tmp_path):
    report = evaluate_samples(tiny(), samples, tmp_path / 'out')
    rows = SampleFolder(samples).rows()
    assert report['agreement'] == pytest.approx(np.mean([row['label'] == row['teacher_label'] for row in rows]))
    assert report['confidence'] == pytest.approx(np.mean([float(row['teacher_probability']) for row in rows]), abs=1e-5)
    assert report['fid'] is None and report['data'] is None
    assert not (tmp_path / 'out/nearest.png').exists()


def test_training_images_are_found_out(tiny, tmp_path):
    report = evaluate_samples(tiny(), digits(tmp_path, 60), tmp_path / 'out', data='data_train')
    assert report['nearest_pixels'] == 0 == report['nearest_pixels_min'] and report['precision'] == 1
    other = evaluate_samples(tiny(), digits(tmp_path, 60), tmp_path / 'out', data='val_dataloader.dataset')
    assert other['nearest_pixels_min'] > 0 and other['real_number'] == 100


def test_data_is_read_without_augmentation(tiny):
    config = tiny()
    config.data_train.pipeline = [dict(type='mmpretrain.RandomCrop', crop_size=4), dict(type='mmpretrain.PackInputs')]
    assert real_dataset(config, 'data_train')[0]['inputs'].shape == (1, 8, 8)


def test_data_in_bgr_is_turned():
    data = DATASETS.build(
        dict(type='SyntheticImages', num_classes=2, length=4, pipeline=[dict(type='mmpretrain.PackInputs')])
    )
    assert torch.equal(load_images(data, 'data', flip=True).pixels[0], data[0]['inputs'].flip(0))


def test_a_config_of_mmrazors_single_teacher(tiny, samples, tmp_path):
    config = tiny()
    config.model = dict(
        type='SingleTeacherDistill',
        data_preprocessor=config.model.data_preprocessor,
        teacher=config.model.teachers.teacher.build_cfg,
        teacher_ckpt=config.model.teachers.teacher.ckpt_path,
    )
    assert evaluate_samples(config, samples, tmp_path / 'one') | dict(samples='') == evaluate_samples(
        tiny(), samples, tmp_path / 'two'
    ) | dict(samples='')


def test_pairs_show_the_closest_first_with_the_real_image_on_the_right():
    real = torch.randint(0, 100, (9, 1, 8, 8), dtype=torch.uint8)
    samples = real[[4, 2]] + torch.tensor([20, 3], dtype=torch.uint8).view(2, 1, 1, 1)
    picture = closest_pairs(samples, real, torch.tensor([4, 2]))[2:-2, 2:-2, 0]  # without the frame
    first = picture[:32, :64].reshape(8, 4, 16, 4)[:, 0, :, 0]  # each pixel is enlarged to 4 x 4
    assert (first[:, :8] == samples[1, 0].numpy()).all() and (first[:, 8:] == real[2, 0].numpy()).all()


def test_one_row_a_class():
    labels = torch.tensor([0] * 12 + [1] * 3 + [5] * 7)
    picture = rows_by_class(ImageSet(labels.view(-1, 1, 1, 1).expand(-1, 3, 32, 32).byte() * 40, labels))
    assert picture.shape == (3 * 34 + 2, 3 * 34 + 2, 3)  # three rows, as many columns as the smallest class fills
    assert [picture[row * 34 + 10, 10, 0] for row in range(3)] == [0, 40, 200]


@pytest.mark.parametrize(
    'arguments, words',
    [
        (dict(data='data_nowhere'), "--data is 'data_nowhere' but the config has no dataset under that key"),
        (dict(data='model.generator.image_shape'), 'the config has no dataset under that key'),
        (dict(inception='nowhere.pth'), 'torch-fidelity|does not exist'),
    ],
)
def test_bad_arguments(tiny, samples, tmp_path, arguments, words):
    with pytest.raises(ConfigError, match=words):
        evaluate_samples(tiny(), samples, tmp_path / 'out', **arguments)
    assert not (tmp_path / 'out').exists()


def test_samples_that_do_not_fit_the_config(tiny, tmp_path):
    few = digits(tmp_path, 3, 'few')
    with pytest.raises(ConfigError, match='classes'):
        evaluate_samples(tiny(), few, tmp_path / 'out')
    config = tiny(num_classes=None)
    with pytest.raises(ConfigError, match='few has 3 images; at least 4 are needed'):
        evaluate_samples(config, few, tmp_path / 'out')
    config.image_shape = None
    Image.new('L', (9, 9)).save(next(Path(few).iterdir()) / 'larger.png')
    with pytest.raises(ConfigError, match='few has images of 2 shapes, for example .*; add a resizing transform'):
        evaluate_samples(config, few, tmp_path / 'out')
    config = tiny()
    config.model.pop('teachers')
    with pytest.raises(ConfigError, match='no teacher to take features from'):
        evaluate_samples(config, digits(tmp_path, 60), tmp_path / 'out')
