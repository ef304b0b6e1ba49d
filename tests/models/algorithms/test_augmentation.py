"""Images are transformed, each on its own, before a student learns from them."""

import pytest
import torch
from torchvision.transforms.functional import pad

from genkd_mm.apis import train
from genkd_mm.models import GenKD
from genkd_mm.models.algorithms.augmentation import Augmentation
from genkd_mm.utils import ConfigError, unwrapped

FLIP = dict(type='mmpretrain.torchvision/RandomHorizontalFlip', p=0.5)
SHIFT = dict(type='mmpretrain.torchvision/RandomCrop', size=8, padding=2, padding_mode='reflect')


def test_each_image_is_transformed_on_its_own():
    images = torch.randn(64, 3, 8, 8)
    flipped = Augmentation([FLIP], (3, 8, 8))(images)
    changed = (flipped != images).flatten(1).any(1)
    assert 10 < changed.sum() < 54
    assert torch.equal(flipped[changed], images[changed].flip(3)) and torch.equal(flipped[~changed], images[~changed])


@pytest.mark.parametrize('padding_mode', ['reflect', 'constant'])
def test_each_image_is_cropped_on_its_own(padding_mode):
    images = torch.randn(32, 3, 8, 8)
    transform = dict(SHIFT, padding_mode=padding_mode, fill=0.5)
    padded = pad(images, 2, 0.5, padding_mode)
    windows = padded.unfold(2, 8, 1).unfold(3, 8, 1).flatten(2, 3)  # (N, C, 25 places, 8, 8)
    places = (windows == Augmentation([transform], (3, 8, 8))(images)[:, :, None]).flatten(3).all(3).all(1)
    assert (places.sum(1) == 1).all() and len(places.int().argmax(1).unique()) > 10


@pytest.mark.parametrize(
    'transform',
    [
        dict(type='mmpretrain.torchvision/RandomVerticalFlip', p=0.5),
        dict(type='mmpretrain.torchvision/RandomCrop', size=8, pad_if_needed=True, padding=2),
    ],
)
def test_any_other_transform_is_called_image_by_image(transform):
    images = torch.randn(64, 3, 8, 8)
    changed = (Augmentation([transform], (3, 8, 8))(images) != images).flatten(1).any(1)
    assert 10 < changed.sum() and (transform['type'].endswith('Crop') or changed.sum() < 54)


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last])
def test_the_memory_format_stays(memory_format):
    images = torch.randn(4, 3, 8, 8).contiguous(memory_format=memory_format)
    assert Augmentation([SHIFT], (3, 8, 8))(images).is_contiguous(memory_format=memory_format)


def test_teacher_and_student_see_the_same_transformed_images(tiny, monkeypatch):
    config = tiny(**{'model.augmentation': [FLIP, SHIFT], 'model.cache_teacher': False})
    asked, learnt = [], []
    original = GenKD._ask_teachers
    monkeypatch.setattr(GenKD, '_ask_teachers', lambda self, images: asked.append(images) or original(self, images))
    step = GenKD.student_step

    def student_step(self, samples, wrapper):
        handle = unwrapped(self.student).backbone.register_forward_pre_hook(
            lambda module, args: learnt.append(args[0].clone())
        )
        try:
            return step(self, samples, wrapper)
        finally:
            handle.remove()
            assert not torch.equal(learnt[-1], samples.images)

    monkeypatch.setattr(GenKD, 'student_step', student_step)
    train(config)
    assert learnt and len(learnt) == len(asked)
    assert all(torch.equal(a, b) for a, b in zip(asked, learnt))


@pytest.mark.parametrize(
    'transforms, words',
    [
        (dict(type='mmpretrain.torchvision/RandomCrop', size=6), r'turns images of shape \(1, 8, 8\) into \(1, 6, 6\)'),
        (dict(type='mmpretrain.PackInputs'), 'does not take images that are tensors'),
    ],
)
def test_what_does_not_fit_is_refused(tiny, transforms, words):
    with pytest.raises(ConfigError, match=words):
        train(tiny(**{'model.augmentation': [transforms], 'model.cache_teacher': False}))


def test_cached_answers_are_not_for_changed_images(tiny):
    with pytest.raises(ConfigError, match='cache_teacher is True but model.augmentation'):
        train(tiny(**{'model.augmentation': [FLIP], 'model.cache_teacher': True}))
