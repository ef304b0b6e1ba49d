"""Stored samples as a training set: folders of tools/sample.py, and of any other generative model."""

import json

import numpy as np
import pytest
import torch
from mmrazor.registry import DATASETS
from PIL import Image

from genkd_mm.structures import SampleFolder
from genkd_mm.utils import ConfigError

PACK = [dict(type='mmpretrain.PackInputs')]
RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (6, 5, 4, 3), dtype=np.uint8)
GREY = COLOUR[..., :1]
CLASSES = ['cat', 'dog', 'a/b']


def make(root, **kwargs):
    return DATASETS.build(dict(type='PseudoSampleDataset', data_root=str(root), pipeline=PACK, **kwargs))


def items(dataset):
    """Images (N, H, W, C) and labels in the order of the dataset."""
    packed = [dataset[index] for index in range(len(dataset))]
    return (
        np.stack([item['inputs'].permute(1, 2, 0).numpy() for item in packed]),
        [item['data_samples'].gt_label.item() for item in packed],
    )


def written(root, images, finish=True):
    """A folder of tools/sample.py with six samples in two batches."""
    folder = SampleFolder(root)
    height, width, channels = images.shape[1:]
    folder.start(dict(number=6, classes=CLASSES, image_shape=(channels, height, width), teachers=['resnet']))
    labels, teacher = [0, 1, 2, 0, 1, 2], [0, 1, 2, 2, 2, 2]
    for batch in (1, 0):  # the order of the samples is not that in which they were made
        part = slice(3 * batch, 3 * batch + 3)
        folder.write(
            batch, 3 * batch, images[part], labels[part], dict(resnet_label=teacher[part], resnet_probability=[0.5] * 3)
        )
    if finish:
        folder.finish()
    return folder


@pytest.mark.parametrize('images', [COLOUR, GREY], ids=['colour', 'grey'])
def test_what_was_written_is_read_pixel_by_pixel(tmp_path, images):
    written(tmp_path, images)
    dataset = make(tmp_path)
    read, labels = items(dataset)
    assert (read == images).all() and labels == [0, 1, 2, 0, 1, 2]
    assert dataset.metainfo['classes'] == tuple(CLASSES) and dataset.get_gt_labels().tolist() == labels
    assert sorted(path.name for path in (tmp_path / 'images').iterdir()) == ['0_cat', '1_dog', '2_a_b']


def test_channel_order(tmp_path):
    written(tmp_path, COLOUR)
    assert (items(make(tmp_path, channel_order='bgr'))[0] == COLOUR[..., ::-1]).all()


def test_labels_of_a_teacher_and_none(tmp_path):
    written(tmp_path, COLOUR)
    assert items(make(tmp_path, labels='resnet'))[1] == [0, 1, 2, 2, 2, 2]
    assert items(make(tmp_path, labels='none'))[1] == [-100] * 6


def test_an_image_without_label_adds_nothing_to_mmpretrains_loss(tmp_path, student):
    written(tmp_path, GREY)
    batch = torch.stack([make(tmp_path)[i]['inputs'].float() for i in range(6)])
    unlabelled = make(tmp_path, labels='none')
    loss = student(batch, [unlabelled[i]['data_samples'] for i in range(6)], mode='loss')['loss']
    assert loss == 0


def test_labels_follow_the_number_of_the_class_not_the_order_of_the_folders(tmp_path):
    """Sorted as text, folder 10 would come before folder 2."""
    folder = SampleFolder(tmp_path)
    folder.start(dict(number=11, classes=list(map(str, range(11))), image_shape=(3, 5, 4), teachers=[]))
    folder.write(0, 0, COLOUR[[0] * 11], list(range(11)), {})
    folder.finish()
    assert items(make(tmp_path))[1] == list(range(11))
    # the images folder on its own, as ImageFolder and others read it
    assert items(make(tmp_path / 'images'))[1] == list(range(11))
    assert [path.name for path in sorted((tmp_path / 'images').iterdir())] == [f'{label:02d}' for label in range(11)]


def foreign(root, names):
    for index, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(COLOUR[index]).save(path)


def test_a_folder_of_another_model_with_a_sub_folder_for_each_class(tmp_path):
    foreign(tmp_path, ['10/a.png', '2/b.png', '2/deep/c.PNG'])
    (tmp_path / '2' / 'notes.txt').write_text('no image')
    dataset = make(tmp_path, num_classes=2)
    read, labels = items(dataset)
    assert dataset.metainfo['classes'] == ('2', '10') and labels == [0, 0, 1]
    assert (read == COLOUR[[1, 2, 0]]).all()
    assert items(make(tmp_path, classes=['10', '2']))[1] == [0, 1, 1]


def test_a_folder_of_another_model_without_labels(tmp_path):
    foreign(tmp_path, ['a.png', 'b.png'])
    dataset = make(tmp_path, num_classes=10)
    assert items(dataset)[1] == [-100, -100] and len(dataset.metainfo['classes']) == 10


def test_images_of_any_size_can_be_resized_in_the_pipeline(tmp_path):
    foreign(tmp_path, ['a.png'])
    resize = dict(type='mmpretrain.Resize', scale=(8, 8))
    dataset = DATASETS.build(
        dict(type='PseudoSampleDataset', data_root=str(tmp_path), num_classes=2, pipeline=[resize, *PACK])
    )
    assert dataset[0]['inputs'].shape == (3, 8, 8)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match='nowhere.*which is no folder; make samples with tools/sample.py'):
        make(tmp_path / 'nowhere')


def test_an_empty_folder(tmp_path):
    with pytest.raises(ConfigError, match='holds no image file'):
        make(tmp_path, num_classes=2)


def test_a_half_finished_run(tmp_path):
    written(tmp_path, COLOUR, finish=False)
    with pytest.raises(ConfigError, match='is not finished: 2 batches are whole, .*; run tools/sample.py with the'):
        make(tmp_path)


def test_an_index_that_lost_lines(tmp_path):
    written(tmp_path, COLOUR)
    index = tmp_path / 'index.csv'
    index.write_text(''.join(index.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(ConfigError, match='lists 5 samples but metadata.json says 6'):
        make(tmp_path)


@pytest.mark.parametrize('label', ['3', '-2', 'cat', ''])
def test_labels_outside_the_classes(tmp_path, label):
    written(tmp_path, COLOUR)
    index = tmp_path / 'index.csv'
    first, *rest = index.read_text().splitlines()
    file, _, *others = rest[0].split(',')
    index.write_text('\n'.join([first, ','.join([file, label, *others]), *rest[1:]]))
    with pytest.raises(ConfigError, match=f'gives {file} the label {label!r}; expected 0 to 2, or -1 for none'):
        make(tmp_path)


@pytest.mark.parametrize(
    'arguments, words',
    [
        (dict(num_classes=10), r'num_classes is 10 but .* has 3 classes \(cat, dog, a/b, ...\)'),
        (dict(classes=['x', 'y']), 'classes names 2 classes but .* has 3'),
        (dict(labels='vgg'), "labels is 'vgg' but .* has given, none, resnet; use one of these"),
        (dict(image_shape=[1, 5, 4]), r'image_shape is \(1, 5, 4\) but .* holds images of \(3, 5, 4\)'),
        (dict(channel_order='hsv'), "channel_order is 'hsv'"),
    ],
)
def test_a_config_that_does_not_fit_the_samples(tmp_path, arguments, words):
    written(tmp_path, COLOUR)
    with pytest.raises(ConfigError, match=words) as caught:
        make(tmp_path, **arguments)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    'files, arguments, words',
    [
        (['a.png'], {}, 'does not say how many classes there are; set PseudoSampleDataset.num_classes'),
        (['x/a.png'], dict(labels='resnet'), "holds no teacher's opinion; use given"),
        (['x/a.png', 'y/b.png'], dict(num_classes=3), r'num_classes is 3 but .* has 2 classes \(x, y, ...\)'),
        (['x/a.png', 'y/b.png'], dict(classes=['x', 'z']), 'has the sub-folders x, y, ... but'),
    ],
)
def test_a_config_that_does_not_fit_a_folder_of_another_model(tmp_path, files, arguments, words):
    foreign(tmp_path, files)
    with pytest.raises(ConfigError, match=words):
        make(tmp_path, **arguments)


def test_images_of_another_shape_missing_or_damaged(tmp_path):
    foreign(tmp_path, ['x/a.png', 'x/b.png', 'x/c.png'])
    dataset = make(tmp_path, image_shape=(3, 8, 8))
    with pytest.raises(ConfigError, match=r'a.png is an image of shape \(3, 5, 4\) but all should have \(3, 8, 8\)'):
        dataset[0]
    (tmp_path / 'x/b.png').unlink()
    (tmp_path / 'x/c.png').write_bytes(b'damaged')
    for index in (1, 2):
        with pytest.raises(ConfigError, match='cannot be read as an image .*; take it out'):
            dataset[index]


def test_damaged_metadata(tmp_path):
    written(tmp_path, COLOUR)
    (tmp_path / 'metadata.json').write_text(json.dumps({'number': 6})[:-2])
    with pytest.raises(ConfigError, match='metadata.json is no JSON'):
        make(tmp_path)


def test_metadata_of_another_program(tmp_path):
    foreign(tmp_path, ['x/a.png'])
    (tmp_path / 'metadata.json').write_text('{"number": 1, "model": "gan"}')
    with pytest.raises(ConfigError, match='has no classes, image_shape, teachers, so tools/sample.py did not'):
        make(tmp_path)


@pytest.mark.parametrize('images', [COLOUR, GREY], ids=['colour', 'grey'])
def test_a_pipeline_of_cifar_fits(tmp_path, images):
    written(tmp_path, images)
    pipeline = [
        dict(type='mmpretrain.RandomCrop', crop_size=4, padding=1),
        dict(type='mmpretrain.RandomFlip', prob=1.0, direction='horizontal'),
        *PACK,
    ]
    dataset = DATASETS.build(dict(type='PseudoSampleDataset', data_root=str(tmp_path), pipeline=pipeline))
    assert dataset[0]['inputs'].shape == (images.shape[-1], 4, 4)
