import pytest
import torch
from mmrazor.registry import DATASETS

from genkd_mm.samplers import ReplayBuffer
from genkd_mm.utils import ConfigError


@pytest.fixture
def buffer() -> ReplayBuffer:
    return ReplayBuffer(capacity=6, image_shape=(1, 4, 5), num_classes=3)


def build(path, **kwargs):
    return DATASETS.build(
        dict(type='StoredChains', checkpoint=str(path), pipeline=[dict(type='mmpretrain.PackInputs')], **kwargs)
    )


def test_images_and_classes_are_those_of_the_buffer(buffer, tmp_path):
    torch.save(dict(state_dict={}, chains=buffer.state_dict()), tmp_path / 'final.pth')
    dataset = build(tmp_path / 'final.pth')
    images = torch.stack([dataset[i]['inputs'] for i in range(6)])
    assert images.dtype == torch.uint8 and len(dataset) == 6
    torch.testing.assert_close(images / 127.5 - 1, buffer.states, rtol=0, atol=0.5 / 127.5 + 1e-6)
    assert list(dataset.get_gt_labels()) == buffer.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert dataset.metainfo['classes'] == ('0', '1', '2')
    assert build(tmp_path / 'final.pth', classes=['cat', 'dog', 'eel']).metainfo['classes'] == ('cat', 'dog', 'eel')


def test_a_file_without_chains_is_named(tmp_path):
    torch.save(dict(state_dict={}), tmp_path / 'teacher.pth')
    with pytest.raises(ConfigError, match='StoredChains.checkpoint is .*teacher.pth.*holds no chains'):
        build(tmp_path / 'teacher.pth')
    with pytest.raises(ConfigError, match='StoredChains.checkpoint is .*nothing.pth.*does not exist'):
        build(tmp_path / 'nothing.pth')
