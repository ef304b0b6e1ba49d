"""Image files of every kind as they look, not as their bytes happen to be."""

import numpy as np
import pytest
from mmrazor.registry import DATASETS
from PIL import Image

from genkd_mm.utils import ConfigError

DEEP = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)


def read(path, **kwargs):
    dataset = DATASETS.build(dict(type='PseudoSampleDataset', data_root=str(path.parent), num_classes=2, **kwargs))
    return dataset.read(str(path))


@pytest.mark.parametrize('suffix', ['png', 'tif'])
@pytest.mark.parametrize('shape', [None, (1, 8, 8)])
def test_sixteen_bits_are_scaled_to_eight(tmp_path, suffix, shape):
    path = tmp_path / f'x.{suffix}'
    Image.fromarray(DEEP).save(path)
    image = read(path, image_shape=shape)
    assert image.shape == (8, 8, 1 if shape else 3)
    assert (image[..., 0] == np.round(DEEP / 257)).all() and image[0, 0, 0] == 0 and image[-1, -1, 0] == 255


@pytest.mark.parametrize('pixels', [np.full((4, 4), 0.5, np.float32), np.full((4, 4), 70000, np.int32)])
def test_pixels_of_unknown_range_are_refused(tmp_path, pixels):
    Image.fromarray(pixels).save(tmp_path / 'x.tif')
    with pytest.raises(ConfigError, match='x.tif cannot be read as an image .*have no known range; expected 8 or 16'):
        read(tmp_path / 'x.tif')


def test_an_image_is_turned_as_its_camera_was(tmp_path):
    upright = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees to the right
    Image.fromarray(np.rot90(upright)).save(tmp_path / 'x.png', exif=exif)
    assert (read(tmp_path / 'x.png')[..., 0] == upright).all()
