import numpy as np
import pytest
from mmrazor.registry import DATASETS


def arrays(**kwargs) -> tuple[np.ndarray, np.ndarray]:
    dataset = DATASETS.build(dict(type='SyntheticImages', **{'num_classes': 5, 'image_shape': (3, 8, 6), **kwargs}))
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    return np.stack([info['img'] for info in infos]), np.array([info['gt_label'] for info in infos])


def test_shape_type_and_labels():
    images, labels = arrays(length=20)
    assert images.shape == (20, 8, 6, 3) and images.dtype == np.uint8  # height, width, channels, as files are read
    assert labels.tolist() == list(range(5)) * 4


def test_pipeline_packs_the_shape_of_the_config():
    dataset = DATASETS.build(
        dict(
            type='SyntheticImages',
            num_classes=2,
            image_shape=(1, 8, 6),
            length=4,
            pipeline=[dict(type='mmpretrain.PackInputs')],
        )
    )
    assert dataset[3]['inputs'].shape == (1, 8, 6) and dataset[3]['data_samples'].gt_label.item() == 1
    assert dataset.metainfo['classes'] == ('0', '1')


def test_the_same_each_time():
    np.random.seed(1)
    first, _ = arrays()
    np.random.seed(2)
    assert np.array_equal(first, arrays()[0])


def test_seeds_give_other_images():
    """Training and test images are not the same."""
    train, test = arrays(seed=0)[0], arrays(seed=1)[0]
    same = (train == test).mean()
    assert same < 0.3  # some pixels of a dark or bright pattern are clipped alike
    assert not any(np.array_equal(one, other) for one, other in zip(train, test))


@pytest.mark.parametrize('image_shape', [(3, 32, 32), (1, 8, 8)])
def test_nearest_pattern_of_the_training_images_classifies_test_images(image_shape):
    images, labels = arrays(image_shape=image_shape, length=100)
    patterns = np.stack([images[labels == label].mean(0) for label in range(5)])
    images, labels = arrays(image_shape=image_shape, length=100, seed=1)
    distances = ((images[:, None] - patterns[None]) ** 2).sum((2, 3, 4))
    assert (distances.argmin(1) == labels).mean() > 0.99
