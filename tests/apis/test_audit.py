"""What the owner of a prior is told before it is published."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmrazor.registry import DATASETS, MODELS
from PIL import Image

from genkd_mm.apis import audit
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError
from genkd_mm.visualization import audit_pictures

ROOT = Path(__file__).parents[2]
PRIOR, TEACHER = ROOT / 'configs/priors/jem_wrn10x1_digits.py', ROOT / 'configs/teachers/resnet18_digits.py'
SMALL = {
    'model.generator.energy.classifier.backbone.base_channels': 4,
    'model.generator.energy.classifier.head.in_channels': 16,
}


def images(split):
    """The digits in the energy's space, (N, 1, 8, 8), sorted by class, as many of each."""
    data = DATASETS.build(dict(type='Digits', split=split))
    items = [data.get_data_info(index) for index in range(len(data))]
    labels = np.array([item['gt_label'] for item in items])
    chosen = np.concatenate([np.flatnonzero(labels == label)[:20] for label in range(10)])
    return torch.tensor(np.stack([items[index]['img'][..., 0] for index in chosen]))[:, None] / 127.5 - 1


@pytest.fixture(scope='module')
def generator():
    torch.manual_seed(0)
    made = MODELS.build(load_config(str(PRIOR), SMALL).model.generator)
    made.init_weights()
    return made


@pytest.fixture
def prior(generator, tmp_path):
    """Factory: writes a prior with these chains, sorted by class, and returns its path."""

    def make(states, groups=10):
        torch.save(
            dict(
                state_dict={f'generator.{name}': value for name, value in generator.state_dict().items()},
                chains=dict(
                    states=states, num_classes=groups, seen=torch.zeros(len(states), dtype=torch.bool), distinct_seen=0
                ),
            ),
            tmp_path / 'prior.pth',
        )
        return str(tmp_path / 'prior.pth')

    return make


def config(**overrides):
    return load_config(str(PRIOR), {**SMALL, **overrides})


@pytest.fixture
def tool(monkeypatch, tmp_path):
    """The tool in this process, in ``tmp_path``."""
    spec = importlib.util.spec_from_file_location('audit_prior', ROOT / 'tools/audit_prior.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr('sys.argv', ['audit_prior.py', *map(str, arguments)])
        module.main()

    return call


def test_chains_that_are_training_images_are_caught(prior, tmp_path):
    report = audit(config(), prior(images('train')), tmp_path / 'out')
    figures = report['chains']['stored']['pixels']
    assert figures['tail']['share'] == figures['nearest_is_train']['share'] == 1
    assert figures['median_ratio'] == figures['closest'] == 0
    assert {'chains.stored.pixels.tail', 'chains.stored.pixels.nearest_is_train'} <= set(report['stands_out'])
    page = (tmp_path / 'out/audit.md').read_text()
    assert page.count('**Stands out.**') == len(report['stands_out']) and '100.0% are as close' in page


def test_chains_that_are_held_out_images_give_the_null(prior, tmp_path):
    report = audit(config(), prior(images('test')), tmp_path / 'out')
    figures = report['chains']['stored']['pixels']
    assert figures['tail']['p_value'] > 0.025 and figures['tail']['share'] < 0.03
    assert figures['median_ratio'] == pytest.approx(1, abs=0.05)
    assert not any(name.startswith('chains') for name in report['stands_out'])


def test_an_untrained_energy_cannot_tell_training_images(prior, tmp_path):
    """Three scores, each at least near chance; an interval misses 0.5 for one in twenty."""
    report = audit(config(), prior(images('test')), tmp_path / 'out')
    assert report['energy'].keys() == {'f(x)', 'f(x, y)', 'log p(y | x)'}
    for figures in report['energy'].values():
        assert figures['auc'] == pytest.approx(0.5, abs=0.06)
        assert figures['low'] < figures['auc'] < figures['high']
    assert report['energy']['f(x)']['low'] <= 0.5


def test_an_energy_that_is_higher_on_training_images_is_caught(prior, tmp_path, monkeypatch):
    from genkd_mm.models.energies import ClassifierEnergy

    data = DATASETS.build(dict(type='Digits', split='train'))
    train = {data.get_data_info(index)['img'].tobytes() for index in range(len(data))}

    def remembers(self, inputs):
        known = [((image[0] + 1) * 127.5).round().byte().numpy().tobytes() in train for image in inputs]
        return torch.tensor(known).float()[:, None] + torch.zeros(10)

    path = prior(images('test'))
    monkeypatch.setattr(ClassifierEnergy, 'logits', remembers)
    report = audit(config(), path, tmp_path / 'out')
    assert report['energy']['f(x)']['auc'] > 0.99 and report['energy']['f(x)']['true_positives']['share'] == 1
    assert report['energy']['log p(y | x)']['auc'] == 0.5  # which knows the class as little for both
    assert 'energy.f(x).auc' in report['stands_out'] and 'energy.log p(y | x).auc' not in report['stands_out']


def test_the_tool_writes_every_file_and_says_what_stands_out(whole_runs, prior, tool, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(audit_pictures, 'ROWS', 2)  # of pairs; each takes a second
    monkeypatch.setattr(audit_pictures, 'COLUMNS', 2)
    prior(torch.rand(50, 1, 8, 8) * 2 - 1)
    torch.save(dict(state_dict=MODELS.build(load_config(str(TEACHER)).model).state_dict()), tmp_path / 'teacher.pth')
    options = f'--out out --teacher {TEACHER} teacher.pth --fresh 30 --rounds 2 --cfg-options'.split()
    tool(PRIOR, 'prior.pth', *options, *(f'{key}={value}' for key, value in SMALL.items()))
    printed = capsys.readouterr().out
    report = json.loads((tmp_path / 'out/audit.json').read_text())
    pictures = {
        'distances.png',
        *(f'pairs_{chains}_{space}.png' for chains in ('stored', 'fresh') for space in ('pixels', 'features')),
    }
    assert {path.name for path in (tmp_path / 'out').iterdir()} == {*pictures, 'audit.json', 'audit.md'}
    assert all(Image.open(tmp_path / 'out' / name).format == 'PNG' for name in pictures)
    page = (tmp_path / 'out/audit.md').read_text()
    assert all(f']({name})' in page for name in pictures)
    assert report['chains']['fresh']['number'] == 30 and report['train_number'] == 1297
    assert report['verdict'] in printed and report['verdict'] in page and 'safe' not in page
    # noise is nowhere near a training image
    assert report['chains']['stored']['pixels']['tail']['share'] == 0


def test_the_same_call_gives_the_same_figures(prior, tmp_path):
    path = prior(images('test'))
    one, other = (audit(config(), path, tmp_path / name, fresh=20, rounds=1) for name in 'ab')
    assert one == other
    assert (
        audit(config(), path, tmp_path / 'c', fresh=20, rounds=1, seed=1)['chains']['fresh'] != one['chains']['fresh']
    )


def test_unconditional_chains(prior, tmp_path):
    report = audit(
        config(**{'model.generator.conditional': False}),
        prior(images('train'), 1),
        tmp_path / 'out',
        fresh=10,
        rounds=1,
    )
    assert report['chains']['stored']['pixels']['tail']['share'] == 1 and report['chains']['fresh']['number'] == 10


@pytest.mark.parametrize(
    'arguments, words',
    [
        (dict(train='val_dataloader.dataset'), '--train and --held-out are both'),
        (dict(held_out='nowhere'), "--held-out is 'nowhere' but the config has no dataset under that key"),
        (dict(held_out='data_train'), 'is no yardstick: most held-out images are equal to a training image'),
        (dict(fresh=-1), '--fresh is -1'),
        (dict(fresh=3, rounds=-1), '--rounds is -1'),
        (dict(teacher=(str(TEACHER), 'nowhere.pth')), "The second value of --teacher is 'nowhere.pth', which does not"),
    ],
)
def test_bad_arguments(prior, tmp_path, arguments, words):
    with pytest.raises(ConfigError, match=words):
        audit(config(), prior(images('test')), tmp_path / 'out', **arguments)
    assert not (tmp_path / 'out').exists()


def test_data_of_another_kind(prior, tmp_path):
    """A proxy prior's evaluation set is not of the images that it was trained on."""
    path = prior(images('test'))
    other = dict(type='SyntheticImages', num_classes=10, image_shape=(1, 8, 8))
    with pytest.raises(ConfigError, match='is a SyntheticImages but val_dataloader.dataset is a Digits'):
        audit(config(other=other), path, tmp_path / 'out', train='other')
    wide = config(one=dict(other, image_shape=(1, 4, 4)), two=dict(other, seed=1))
    with pytest.raises(ConfigError, match=r'--train \(one\) has images of shape \(1, 4, 4\) but the prior makes'):
        audit(wide, path, tmp_path / 'out', train='one', held_out='two')


def test_a_checkpoint_without_chains_is_one_sentence_and_exit_code_2(tool, tmp_path, capsys):
    torch.save(dict(state_dict={'backbone.weight': torch.zeros(1)}), tmp_path / 'teacher.pth')
    with pytest.raises(SystemExit, match='^2$'):
        tool(PRIOR, 'teacher.pth', '--out', 'out')
    assert capsys.readouterr().err.startswith('error: teacher.pth holds no energy-based model with chains')
    assert not (tmp_path / 'out').exists()
