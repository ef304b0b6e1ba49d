"""Other images, made to look like those with a black background."""

import numpy as np
import pytest
from mmrazor.registry import TRANSFORMS


@pytest.mark.parametrize('shape', [(8, 8), (8, 8, 1), (8, 8, 3)])
@pytest.mark.parametrize('background, object_, expected', [(40, 90, 100), (200, 170, 60), (0, 200, 255)])
def test_the_object_is_bright_and_all_else_black(shape, background, object_, expected):
    image = np.full(shape, background, np.uint8)
    image[2:6, 2:6] = object_
    found = TRANSFORMS.build(dict(type='ObjectOnBlack'))(dict(img=image, gt_label=3))
    assert found['img'].dtype == np.uint8 and found['img'].shape == shape and found['gt_label'] == 3
    assert (found['img'][2:6, 2:6] == expected).all()
    assert found['img'].astype(int).sum() == expected * image[2:6, 2:6].size


def test_an_image_without_an_object_is_black():
    assert not TRANSFORMS.build(dict(type='ObjectOnBlack'))(dict(img=np.full((6, 6, 1), 99, np.uint8)))['img'].any()
