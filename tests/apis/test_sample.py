"""Samples of a checkpoint, in this process."""

import errno
from pathlib import Path

import numpy as np
import pytest
import torch
from mmrazor.registry import DATASETS, MODELS
from PIL import Image

from genkd_mm.apis.sample import draw, sample
from genkd_mm.engine.runner.config import load_config
from genkd_mm.models.networks import build_generator
from genkd_mm.structures import SampleFolder
from genkd_mm.utils import ConfigError, TrainingError, read_checkpoint

PRIOR = Path(__file__).parents[2] / 'configs/priors/jem_wrn10x1_digits.py'


@pytest.fixture
def prior(tmp_path):
    return str(tmp_path / 'prior.pth')


@pytest.fixture
def prior_config(tiny, tmp_path):
    """Factory: the prior's config with the tiny energy."""
    path = tmp_path / 'prior.py'
    path.write_text(
        f'_base_ = [{str(PRIOR)!r}]\nmodel = dict(generator=dict(energy=dict(classifier=dict(\n'
        '    backbone=dict(base_channels=4), head=dict(in_channels=16)))))\n'
    )
    return lambda **overrides: load_config(str(path), overrides)


@pytest.fixture
def chains(prior):
    return torch.load(prior, weights_only=True)['chains']['states']


def pixels(folder):
    """The images in the order of the index, in the pixels' own units, and the index."""
    rows = folder.rows()
    return np.stack([np.asarray(Image.open(folder.path / row['file'])) for row in rows]), rows


def to_bytes(states):
    return ((states[:, 0] + 1) * 127.5).round().byte().numpy()


def test_stored_chains_as_they_are_are_written_without_any_stretch(tiny, prior, chains, tmp_path):
    images, rows = pixels(sample(tiny(), prior, tmp_path / 'out', 100, rounds=0))
    written = {image.tobytes() for image in images}
    assert len(written) == 100  # every stored chain once: no sample is a copy of another
    assert written == {image.tobytes() for image in to_bytes(chains)}
    by_class = to_bytes(chains).reshape(10, 10, 8, 8)
    for image, row in zip(images, rows):
        assert any((image == stored).all() for stored in by_class[int(row['label'])])
        assert row['file'].startswith(f'images/{row["label"]}/')


def test_chains_without_a_model_of_the_images_are_written_too(tiny, chains, tmp_path):
    """DeepInversion's, whose energy has no parameters."""
    path = tmp_path / 'flat.pth'
    content = torch.load(tmp_path / 'prior.pth', weights_only=True)
    content['state_dict'] = {}
    torch.save(content, path)
    config = tiny(**{'model.generator.sampler.guidance': []})
    config.model.generator.energy = dict(type='FlatEnergy', num_classes=10)
    images, _ = pixels(sample(config, str(path), tmp_path / 'out', 100, rounds=0))
    assert {image.tobytes() for image in images} == {image.tobytes() for image in to_bytes(chains)}


def test_the_teacher_of_a_proxy_prior_sees_its_own_normalisation(tiny, prior):
    config = tiny()
    mean, std = config.model.data_preprocessor.mean, config.model.data_preprocessor.std
    config.model.update(teacher_preprocessor=config.model.data_preprocessor)
    config.model.data_preprocessor = dict(mean=[127.5], std=[127.5])
    generator, _ = build_generator(config, read_checkpoint(prior, 'prior'), prior)
    assert generator.mean == tuple(mean) and generator.std == tuple(std)


@pytest.mark.parametrize('number', [10, 25, 37])
def test_classes_are_balanced_within_one(tiny, prior, tmp_path, number):
    _, rows = pixels(sample(tiny(), prior, tmp_path / 'out', number, rounds=0, batch_size=7))
    counts = np.bincount([int(row['label']) for row in rows], minlength=10)
    assert counts.sum() == number and counts.max() - counts.min() <= 1


def test_a_visit_raises_the_energy_of_the_drawn_class(tiny, prior):
    config = tiny()
    config.model.generator.sampler.noise_std = 1e-6
    generator, _ = build_generator(config, torch.load(prior, weights_only=True), prior)
    starts, labels = torch.zeros(20, 1, 8, 8), torch.arange(20) % 10

    def energy(images):
        return generator.energy(images.float() / 127.5 - 1, labels).mean()

    before, after = (energy(draw(generator, starts, labels, rounds)[0]) for rounds in (0, 3))
    assert after > before


def test_the_teachers_opinion_is_that_of_the_written_pixels(tiny, prior, tmp_path):
    config = tiny()
    images, rows = pixels(sample(config, prior, tmp_path / 'out', 30))
    _, teachers = build_generator(config, torch.load(prior, weights_only=True), prior)
    inputs = (torch.tensor(images[:, None]).float() - config.mean[0]) / config.std[0]
    with torch.no_grad():
        expected = teachers['teacher'](inputs).softmax(1)
    assert [int(row['teacher_label']) for row in rows] == expected.argmax(1).tolist()
    for row, probabilities in zip(rows, expected):
        assert float(row['teacher_probability']) == pytest.approx(probabilities[int(row['label'])].item(), abs=2e-6)


def test_a_priors_config_has_no_teacher_and_no_such_columns(prior_config, prior, tmp_path):
    _, rows = pixels(sample(prior_config(), prior, tmp_path / 'out', 10))
    assert set(rows[0]) == {'file', 'label'}


def test_unconditional_samples_are_labelled_by_the_teacher(tiny, prior_config, prior, tmp_path):
    checkpoint = torch.load(prior, weights_only=True)
    checkpoint['chains']['num_classes'] = 1
    torch.save(checkpoint, prior)
    config = tiny()
    config.model.generator.conditional = False
    _, rows = pixels(sample(config, prior, tmp_path / 'out', 55))
    assert all(row['label'] == row['teacher_label'] for row in rows)

    alone = prior_config(**{'model.generator.conditional': False})
    _, rows = pixels(sample(alone, prior, tmp_path / 'alone', 20))
    assert all(row['label'] == '-1' and row['file'].startswith('images/unlabelled/') for row in rows)


def test_the_same_call_makes_the_same_files_and_another_seed_others(tiny, prior, tmp_path):
    one, other, third = (
        pixels(sample(tiny(), prior, tmp_path / name, 30, seed=seed, batch_size=8))
        for name, seed in (('a', 1), ('b', 1), ('c', 2))
    )
    assert (one[0] == other[0]).all() and one[1] == other[1]
    assert (one[0] != third[0]).any()


def test_fresh_chains_can_be_more_than_the_stored_ones(tiny, prior, tmp_path):
    folder = sample(tiny(), prior, tmp_path / 'out', 120, fresh=True, rounds=1)
    assert len({image.tobytes() for image in pixels(folder)[0]}) == 120
    # restart_prob 0.05: a stored chain is visited 20 times on average before it starts again
    restarting = tiny(**{'model.generator.replay_buffer.restart_prob': 0.05})
    assert sample(restarting, prior, tmp_path / 'aged', 2, fresh=True).metadata()['rounds'] == 20
    ageless = tiny(**{'model.generator.replay_buffer.restart_prob': 0.0})
    with pytest.raises(ConfigError, match='--fresh was given but replay_buffer.restart_prob is 0.*; add --rounds'):
        sample(ageless, prior, tmp_path / 'ageless', 2, fresh=True)


def test_guided_chains_ask_the_checkpoints_own_student(tiny, prior, tmp_path):
    config = tiny()
    config.model.generator.sampler.guidance = [dict(type='Disagreement', weight=-1.0)]
    with pytest.raises(ConfigError, match='holds no student but the chain is guided'):
        sample(config, prior, tmp_path / 'out', 10)
    checkpoint = torch.load(prior, weights_only=True)
    student = MODELS.build(config.model.architecture)
    checkpoint['state_dict'] |= {f'architecture.{name}': value for name, value in student.state_dict().items()}
    torch.save(checkpoint, prior)
    assert len(sample(config, prior, tmp_path / 'out', 10).rows()) == 10


@pytest.mark.parametrize(
    'arguments, words',
    [
        (dict(number=0), '--number is 0; expected 1 or more'),
        (dict(number=10, rounds=-1), '--rounds is -1'),
        (dict(number=10, batch_size=0), '--batch-size is 0'),
        (dict(number=101), '--number is 101 but .*prior.pth stores 10 chains for each of 10 classes.*--fresh'),
    ],
)
def test_bad_numbers(tiny, prior, tmp_path, arguments, words):
    with pytest.raises(ConfigError, match=words):
        sample(tiny(), prior, tmp_path / 'out', **arguments)
    assert not (tmp_path / 'out').exists()


def test_when_the_disk_fills_whole_samples_stay_and_can_be_used(tiny, prior, tmp_path, monkeypatch):
    write = SampleFolder.write

    def filling(self, batch, *args):
        if batch == 2:
            raise OSError(errno.ENOSPC, 'No space left on device')
        write(self, batch, *args)

    monkeypatch.setattr(SampleFolder, 'write', filling)
    with pytest.raises(TrainingError, match='cannot be written .*; 2 batches are whole, and .*images is a folder of'):
        sample(tiny(), prior, tmp_path / 'out', 40, batch_size=10)
    usable = DATASETS.build(
        dict(
            type='mmrazor.PseudoSampleDataset',
            data_root=str(tmp_path / 'out/images'),
            num_classes=10,
            image_shape=(1, 8, 8),
        )
    )
    assert sorted(usable.get_gt_labels()) == sorted([*range(10)] * 2)
    assert all(usable.read(item['img_path']).shape == (8, 8, 1) for item in map(usable.get_data_info, range(20)))
    monkeypatch.setattr(SampleFolder, 'write', write)
    assert len(sample(tiny(), prior, tmp_path / 'out', 40, batch_size=10).rows()) == 40


def test_chains_that_are_not_finite_are_not_written(tiny, prior, tmp_path):
    broken = torch.load(prior, weights_only=True)
    broken['chains']['states'][0] = float('nan')
    torch.save(broken, tmp_path / 'broken.pth')
    with pytest.raises(ConfigError, match='1 of 100 chains are not finite'):
        sample(tiny(), str(tmp_path / 'broken.pth'), tmp_path / 'out', 100)


def test_a_folder_of_other_samples_or_other_files_is_left_alone(tiny, prior, tmp_path):
    sample(tiny(), prior, tmp_path / 'out', 10)
    with pytest.raises(ConfigError, match='holds samples made with seed=0, not 1; write to another folder'):
        sample(tiny(), prior, tmp_path / 'out', 10, seed=1)
    with pytest.raises(ConfigError, match="made with sampler={.*'num_steps': 5.*not {.*'num_steps': 4"):
        sample(tiny(**{'model.generator.sampler.num_steps': 4}), prior, tmp_path / 'out', 10)
    checkpoint = torch.load(prior, weights_only=True)
    checkpoint['chains']['states'] *= 0.5
    torch.save(checkpoint, prior)
    with pytest.raises(ConfigError, match='made with fingerprint='):
        sample(tiny(), prior, tmp_path / 'out', 10)
    with pytest.raises(ConfigError, match='is no empty folder'):
        sample(tiny(), prior, tmp_path, 10)


def test_checkpoints_and_configs_without_an_energy(tiny, prior, tmp_path):
    with pytest.raises(ConfigError, match='teacher.pth holds no energy-based model with chains'):
        sample(tiny(), str(tmp_path / 'teacher.pth'), tmp_path / 'out', 10)
    config = tiny()
    config.model.generator.type = 'ZSKTGenerator'
    with pytest.raises(ConfigError, match="no model.generator.type='EBMGenerator'"):
        sample(config, prior, tmp_path / 'out', 10)
    with pytest.raises(ConfigError, match='in 10 classes but the config makes .* in 1;'):
        sample(tiny(**{'model.generator.conditional': False}), prior, tmp_path / 'out', 10)
