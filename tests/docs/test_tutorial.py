"""docs/tutorial.md, followed word by word on a toy folder of images, with short runs."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from mmengine.config import Config
from mmrazor.registry import MODELS
from PIL import Image

from genkd_mm.apis.new_project import configs, rehearsal
from genkd_mm.engine.runner.config import load_config

REPO = Path(__file__).parents[2]
PAGE = REPO / 'docs/tutorial.md'
TEACHER = """
# as mmpretrain trains one
default_scope = 'mmpretrain'
data_preprocessor = dict(num_classes=3, mean=[123.0, 116.0, 103.0], std=[58.0, 57.0, 57.0], to_rgb=True)
model = dict(
    type='ImageClassifier',
    backbone=dict(type='ResNet_CIFAR', depth=18, stem_channels=8, base_channels=8),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=3, in_channels=64, loss=dict(type='CrossEntropyLoss')))
val_dataloader = dict(dataset=dict(type='CustomDataset', data_root='gone', pipeline=[dict(type='LoadImageFromFile')]))
"""
CLASSES = ('owl', 'cat', 'dog')  # not in the order of the folders


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The reader's: the repository's root, a teacher, and three classes of images that are larger than 32 x 32."""
    for name in ('configs', 'tools'):
        (tmp_path / name).symlink_to(REPO / name)
    rng = np.random.default_rng(0)
    for split, number in (('train', 12), ('test', 4)):
        for label, name in enumerate(CLASSES):
            place = tmp_path / 'images' / split / name
            place.mkdir(parents=True)
            for index in range(number):
                pixels = rng.integers(0, 80, (36, 40, 3), dtype=np.uint8)
                pixels[..., label] += 120  # red, green or blue
                Image.fromarray(pixels).save(place / f'{index}.png')
    (tmp_path / 'teacher_config.py').write_text(TEACHER)
    network = MODELS.build(dict(Config.fromfile(tmp_path / 'teacher_config.py').model, _scope_='mmpretrain'))
    torch.save(
        dict(state_dict=network.state_dict(), meta=dict(dataset_meta=dict(classes=CLASSES))), tmp_path / 'teacher.pth'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rehearsal, 'ITERATIONS', 2)
    monkeypatch.setattr(rehearsal, 'load_config', load_shorter)
    monkeypatch.setattr(configs, 'energy', narrowed(configs.energy, 16))
    monkeypatch.setattr(configs, 'classifier', narrowed(configs.classifier, 4))
    return tmp_path


def load_shorter(path: str, overrides: dict | None = None, *args) -> Config:
    """A project's config, with two of a student's forty steps."""
    steps = {'model.student_iter': 2} if Path(path).stem == 'student' else {}
    return load_config(path, {**(overrides or {}), **steps}, *args)


def narrowed(network_of: Callable[..., dict], times: int) -> Callable[..., dict]:
    """``network_of``, which writes a network's config, with so many times fewer channels."""

    def narrow(*args) -> dict:
        network = network_of(*args)
        for part, key in (('backbone', 'stem_channels'), ('backbone', 'base_channels'), ('head', 'in_channels')):
            if key in network[part]:
                network[part][key] //= times
        return network

    return narrow


def shorten(project: Path) -> None:
    """A few iterations."""
    for path in project.glob('*.py'):
        text = re.sub(r'(max_iters|val_interval|T_max)=\d+', r'\1=2', path.read_text())
        text = re.sub(r'(end|begin)=\d+', r'\1=1', text).replace('capacity=10002', 'capacity=90')
        path.write_text(text.replace('student_iter=40', 'student_iter=2').replace('batch_size=64', 'batch_size=6'))


def test_the_page_leads_to_a_student(folder, read_blocks, split_commands, run_tool, capsys):
    commands = [words for block in read_blocks(PAGE) if block.language == 'bash' for words in split_commands(block)]
    project, owner, consumer, digits = commands
    assert [Path(words[1]).name for words in commands] == ['new_project.py', 'publish.py', 'train.py', 'train.py']

    run_tool(project)
    told = capsys.readouterr().out
    for words in (owner[: owner.index('--licence')], consumer):
        assert ' '.join(words) in told  # the page's commands are those that the tool prints
    assert re.search(r'It classifies [\d.]+% of the test images', told)
    assert re.search(r'prior +\d+ iterations, about [\d.]+ (s|min|h)', told)
    assert (folder / 'mine/classes.txt').read_text().split() == list(CLASSES)

    shorten(folder / 'mine')
    run_tool(owner)
    card = yaml.safe_load((folder / 'mine/published/README.md').read_text().split('---\n')[1])
    assert card['classes'] == list(CLASSES) and card['channel_order'] == 'rgb' and card['mean'] == [123.0, 116.0, 103.0]

    for name in ('images', 'teacher.pth', 'teacher_config.py'):  # stay with the owner
        (folder / name).rename(folder / f'owner_{name}')
    without = [word.replace('student.py', 'student_without_images.py') for word in consumer]
    run_tool([*without[:-1], 'mine/runs/without'])
    assert json.loads((folder / 'mine/runs/without/summary.json').read_text())['student_top1'] is None
    (folder / 'owner_images').rename(folder / 'images')
    run_tool(consumer)
    assert 0 <= json.loads((folder / 'mine/runs/student/summary.json').read_text())['student_top1'] <= 100

    fewer = ['model.student_iter=2', 'default_hooks.chain_reward.num_chains=20', 'val_dataloader.dataset.indices=100']
    run_tool([*digits, '--cfg-options', 'train_cfg.max_iters=2', *fewer])
    summary = json.loads((folder / 'work_dirs/genkd_digits_consumer/summary.json').read_text())
    assert summary['teacher_top1']['teacher'] > 95  # the one in the package
