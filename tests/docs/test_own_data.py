"""docs/own_data.md, followed word by word on a toy folder of images, with short runs."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain import get_model
from mmrazor.registry import MODELS
from PIL import Image

REPO = Path(__file__).parents[2]
PAGE = REPO / 'docs' / 'own_data.md'
# The page's teacher is a ResNet-18 of full width; a narrow one shows the same.
NARROW = {'depth=18),': 'depth=18, stem_channels=8, base_channels=8),', 'in_channels=512': 'in_channels=64'}
TRAIN = ['train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'train_dataloader.batch_size=6']
CHAINS = ['model.generator.replay_buffer.capacity=90', 'model.generator.sampler.num_steps=5']
DISTIL = ['model.student_iter=2', 'default_hooks.chain_reward.num_chains=9', 'default_hooks.chain_reward.interval=2']
SHORT = {
    ('train.py', 'teacher'): TRAIN,
    ('train.py', 'prior'): TRAIN + CHAINS,
    ('train.py', 'genkd'): TRAIN + CHAINS + DISTIL,
    ('train.py', 'genkd_without_images'): TRAIN + CHAINS + DISTIL,
    ('test.py', 'genkd'): CHAINS,
    ('sample.py', 'genkd'): CHAINS,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The reader's: the repository's root, with three classes of images that are larger than the page's 32 x 32."""
    for name in ('configs', 'tools'):
        (tmp_path / name).symlink_to(REPO / name)
    rng = np.random.default_rng(0)
    for split, number in (('train', 4), ('test', 2)):
        for label, name in enumerate(('cat', 'dog', 'owl')):
            place = tmp_path / 'mine' / 'data' / split / name
            place.mkdir(parents=True)
            for index in range(number):
                pixels = rng.integers(0, 80, (36, 40, 3), dtype=np.uint8)
                pixels[..., label] += 120  # red, green or blue
                Image.fromarray(pixels).save(place / f'{index}.png')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_configs(blocks, folder: Path) -> set[str]:
    names = set()
    for block in blocks:
        name = re.match(r'# (mine/\S+\.py)\n', block.text) if block.language == 'python' else None
        if name:
            text = block.text
            for wide, narrow in NARROW.items() if name.group(1) == 'mine/common.py' else ():
                assert text.count(wide) == 1
                text = text.replace(wide, narrow)
            (folder / name.group(1)).write_text(text)
            names.add(name.group(1))
    return names


def mmpretrain_teacher(folder: Path) -> None:
    """A teacher's file as mmengine writes it, without what our own hook adds."""
    config = Config.fromfile(folder / 'mine' / 'teacher.py')
    network = MODELS.build(config.model)
    network.init_weights()
    torch.save(
        dict(
            meta=dict(dataset_meta=dict(classes=('cat', 'dog', 'owl')), cfg=config.pretty_text),
            state_dict=network.state_dict(),
        ),
        folder / 'mine' / 'teacher.pth',
    )


def run_page(blocks, split_commands, run_tool) -> list[str]:
    """Every command and every snippet, in the page's order; the tools that were run."""
    done = []
    for block in blocks:
        if block.language == 'python' and not block.text.startswith('# mine/'):
            exec(compile(block.text, PAGE.name, 'exec'), {})
        for words in split_commands(block) if block.language == 'bash' else ():
            if words[0] == 'cp':
                assert words[1:] == ['mine/runs/teacher/final.pth', 'mine/teacher.pth'] and Path(words[1]).is_file()
                continue
            tool, config = Path(words[1]).name, Path(words[2]).stem
            options = SHORT.get((tool, config))
            run_tool(words + (['--cfg-options', *options] if options else []))
            done.append(f'{tool} {config}')
    return done


def test_the_page_leads_to_a_student(folder, read_blocks, split_commands, run_tool, capsys):
    blocks = read_blocks(PAGE)
    assert write_configs(blocks, folder) == {
        f'mine/{name}.py' for name in ('common', 'teacher', 'prior', 'genkd', 'genkd_without_images')
    }
    mmpretrain_teacher(folder)

    done = run_page(blocks, split_commands, run_tool)

    assert done == [
        'train.py teacher',
        'test.py teacher',
        'train.py prior',
        'train.py genkd',
        'train.py genkd_without_images',
        'test.py genkd',
        'sample.py genkd',
        'export_student.py genkd',
    ]
    assert "'classes': ('cat', 'dog', 'owl')" in capsys.readouterr().out
    work = folder / 'mine' / 'runs'
    summary = json.loads((work / 'genkd' / 'summary.json').read_text())
    assert 0 <= summary['student_top1'] <= 100 and summary['pseudo_samples'] > 0
    without = json.loads((work / 'genkd_without_images' / 'summary.json').read_text())
    assert without['student_top1'] is None and without['pseudo_samples'] > 0
    samples = list((work / 'samples' / 'images').rglob('*.png'))
    assert len(samples) == 90 and Image.open(samples[0]).size == (32, 32) and Image.open(samples[0]).mode == 'RGB'
    assert {path.parent.name for path in samples} == set('012')
    student = get_model('mine/student/student.py', pretrained='mine/student/student.pth')
    state = torch.load(work / 'genkd' / 'final.pth', weights_only=True)['state_dict']
    assert all(torch.equal(value, state[f'architecture.{name}']) for name, value in student.state_dict().items())
