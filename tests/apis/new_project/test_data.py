"""What is found in a folder of images or an archive."""

import numpy as np
import pytest
from PIL import Image

from genkd_mm.apis.new_project.data import in_order, inspect_data, statistics, write_lists
from genkd_mm.utils import ConfigError


def write_images(folder, number, mode='RGB', size=(9, 8)):
    folder.mkdir(parents=True)
    for index in range(number):
        Image.new(mode, size, 10 * index if mode == 'L' else (200, 100, 0)).save(folder / f'{index}.png')


@pytest.fixture
def split(tmp_path):
    for name, number in (('train/owl', 3), ('train/big cat', 4), ('val/owl', 1), ('val/big cat', 2)):
        write_images(tmp_path / name, number)
    (tmp_path / 'train/.ipynb_checkpoints').mkdir()
    return tmp_path


def test_a_folder_with_two_sets(split):
    data = inspect_data(split)
    assert data.classes == ('big cat', 'owl') and data.number == dict(train=7, test=3) and data.channels == 3
    assert list(data.sizes) == [(8, 9)]
    write_lists(data, split)
    assert (split / 'classes.txt').read_text() == 'big cat\nowl\n'
    assert (split / 'test.txt').read_text() == 'val/big cat/0.png 0\nval/big cat/1.png 0\nval/owl/0.png 1\n'
    assert statistics(data, (3, 4, 4)) == [[200.0, 100.0, 0.0], [0.0, 0.0, 0.0]]


def test_a_folder_without_a_test_set_holds_out_a_fifth_of_each_class(tmp_path):
    write_images(tmp_path / 'a', 10, 'L')
    write_images(tmp_path / 'b', 20, 'L')
    data = inspect_data(tmp_path)
    assert data.number == dict(train=24, test=6) and data.channels == 1
    assert [label for _, label in data.test] == [0] * 2 + [1] * 4
    assert not set(data.train) & set(data.test) and inspect_data(tmp_path).test == data.test


def test_labels_follow_the_names_that_the_teacher_knows(split):
    data = in_order(inspect_data(split), ('owl', 'big cat'))
    assert data.classes == ('owl', 'big cat')
    assert all((label == 0) == ('owl' in name) for name, label in data.train + data.test)
    with pytest.raises(ConfigError, match='--teacher tells 3 classes .*but --data has 2'):
        in_order(data, ('owl', 'dog', 'cat'))


def test_an_archive(tmp_path):
    images, labels = np.full((6, 5, 5), 7, np.uint8), np.array([[0], [1], [2]] * 2)
    np.savez(tmp_path / 'x.npz', train_images=images, train_labels=labels, test_images=images, test_labels=labels)
    data = inspect_data(tmp_path / 'x.npz')
    assert data.classes == ('0', '1', '2') and data.channels == 1 and list(data.sizes) == [(5, 5)]
    assert statistics(data, (1, 5, 5)) == [[7.0], [0.0]]
    assert in_order(data, ('a', 'b', 'c')).classes == ('a', 'b', 'c')


def test_what_is_no_data_is_refused(tmp_path, split):
    with pytest.raises(ConfigError, match='expected a folder of images or a .npz file'):
        inspect_data(tmp_path / 'gone')
    np.savez(tmp_path / 'x.npz', pictures=np.zeros(3))
    with pytest.raises(ConfigError, match='holds the arrays pictures; expected train_images'):
        inspect_data(tmp_path / 'x.npz')
    (split / 'val/dog').mkdir()
    with pytest.raises(ConfigError, match="has the class 'dog', which .*train has not"):
        inspect_data(split)
    with pytest.raises(ConfigError, match='has 0 classes, 0 training'):
        inspect_data(split / 'train/owl')
    (split / 'val/dog').rmdir()
    (split / 'train/owl/0.png').write_bytes(b'no picture')
    with pytest.raises(ConfigError, match='owl/0.png cannot be read as an image'):
        inspect_data(split)
    (split / 'train').rename(split / 'cat')
    with pytest.raises(ConfigError, match='has val but no train; put the other classes into train'):
        inspect_data(split)
