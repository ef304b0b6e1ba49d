"""What an owner hands over."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
import yaml

from genkd_mm.apis import audit, publish, sample, train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError, read_checkpoint

ROOT = Path(__file__).parents[2]
TEACHER, PRIOR = ROOT / 'configs/teachers/resnet18_digits.py', ROOT / 'configs/priors/jem_wrn10x1_digits.py'


@pytest.fixture(scope='module')
def published(digits_run, tmp_path_factory):
    """The folder, and the two checkpoints that went into it."""
    folder = tmp_path_factory.mktemp('publish')
    files = [digits_run / f'{name}/final.pth' for name in ('teachers/resnet18_digits', 'priors/jem_wrn10x1_digits')]
    (folder / 'prior').mkdir()
    own = folder / 'prior/final.pth'  # the audit goes beside it
    own.write_bytes(files[1].read_bytes())
    publish((str(TEACHER), str(files[0])), (str(PRIOR), str(own)), folder / 'out', 'CC-BY-4.0', 'Digits of many hands.')
    return folder / 'out', files[0], own


def test_the_card_says_what_the_files_are(published):
    folder, _, prior = published
    text = (folder / 'README.md').read_text()
    card = yaml.safe_load(text.split('---\n')[1])
    assert card['license'] == 'CC-BY-4.0' and 'Digits of many hands.' in text
    assert card['classes'] == list('0123456789') and card['image_shape'] == [1, 8, 8]
    assert (card['mean'], card['std'], card['channel_order']) == ([77.8], [95.9], 'grey')
    for name, digest in card['sha256'].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest and f'{digest}  {name}' in text
    report = json.loads((prior.parent / 'audit/audit.json').read_text())
    assert card['audit'] == report['verdict'] and report['verdict'] in text.replace('\n', ' ')


def test_the_files_hold_the_networks_and_nothing_else_of_the_owner(published):
    folder, *originals = published
    for name, original in zip(('teacher', 'prior'), originals):
        path = folder / f'{name}.safetensors'
        own, whole = read_checkpoint(str(path), ''), read_checkpoint(str(original), '')
        assert all(torch.equal(value, whole['state_dict'][key]) for key, value in own['state_dict'].items())
        assert 'meta' not in own and b'/' + str(ROOT.parts[1]).encode() + b'/' not in path.read_bytes()
    assert torch.equal(own['chains']['states'], whole['chains']['states']) and not own['chains']['seen'].any()
    assert read_checkpoint(str(folder / 'teacher.safetensors'), '')['data_spec']['mean'] == [77.8]


def test_a_consumer_distils_from_them(published, tmp_path, one_process):
    folder, *_ = published
    options = {
        'model.teachers.teacher.ckpt_path': str(folder / 'teacher.safetensors'),
        'model.generator.init_cfg.checkpoint': str(folder / 'prior.safetensors'),
        'model.student_iter': 1,
        'train_cfg.max_iters': 1,
        'val_dataloader.dataset.indices': 100,
        'prerequisites': [],
    }
    runner = train(load_config(str(ROOT / 'configs/genkd_digits_maximum_likelihood.py'), options, str(tmp_path)))
    assert runner.iter == 1


def test_the_tools_take_the_prior(published, tmp_path):
    prior = str(published[0] / 'prior.safetensors')
    assert len(list(sample(str(PRIOR), prior, tmp_path / 'samples', 20, 0, False, 0).path.rglob('*.png'))) == 20
    assert audit(str(PRIOR), prior, tmp_path / 'audit')['chains']['stored']['number'] == 200


def test_what_is_no_prior_is_refused(digits_run, tmp_path):
    teacher = str(digits_run / 'teachers/resnet18_digits/final.pth')
    with pytest.raises(ConfigError, match=r'--prior \(.*\) has no chains and no chain_spec'):
        publish((str(TEACHER), teacher), (str(PRIOR), teacher), tmp_path, 'CC0-1.0')


def test_a_teacher_of_other_classes_is_refused(digits_run, tmp_path):
    content = read_checkpoint(str(digits_run / 'teachers/resnet18_digits/final.pth'), '')
    names = [*'012345678', 'nine']
    torch.save(dict(state_dict=content['state_dict'], meta=dict(dataset_meta=dict(classes=names))), tmp_path / 'x.pth')
    prior = str(digits_run / 'priors/jem_wrn10x1_digits/final.pth')
    with pytest.raises(ConfigError, match='both need the same classes in the same order'):
        publish((str(TEACHER), str(tmp_path / 'x.pth')), (str(PRIOR), prior), tmp_path / 'out', 'CC0-1.0')
