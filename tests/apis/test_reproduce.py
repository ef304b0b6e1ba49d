"""CIFAR-10 from start to end, at a toy budget on small networks and synthetic images."""

import json
from pathlib import Path

import pytest

import genkd_mm

from ..processes import PythonProcess, run_python

ROOT = Path(genkd_mm.__file__).parents[1]
NAMES = (
    'teachers/resnet34_cifar10',
    'priors/jem_wrn28x10_cifar10',
    'genkd_cifar10',
    'baselines/dafl_cifar10',
    'baselines/zskt_cifar10',
    'baselines/deepinversion_cifar10',
)
CLASSIFIER = 'dict(backbone=dict(stem_channels=4, base_channels=4), head=dict(in_channels=32))'
ENERGY = 'dict(classifier=dict(backbone=dict(depth=10, widen_factor=1, base_channels=4), head=dict(in_channels=16)))'
IMAGES = "dict(_delete_=True, type='SyntheticImages', num_classes=10, length=20, image_shape=(3, 32, 32), pipeline={})"
SMALLER = {  # one override a line, of model and train_dataloader
    'teachers': f'model = {CLASSIFIER}',
    'priors': f'model = dict(generator=dict(energy={ENERGY}, sampler=dict(num_steps=2), '
    'replay_buffer=dict(capacity=100)))',
    'genkd': f'energy={ENERGY}, sampler=dict(num_steps=2), replay_buffer=dict(capacity=100)',
    'dafl': 'hidden_channels=8',
    'zskt': 'hidden_channels=8',
    'deepinversion': 'sampler=dict(num_steps=2), replay_buffer=dict(capacity=100)',
}


def write_small_config(name: str, folder: Path) -> None:
    """A config that inherits that of the repository, with small networks, short chains and synthetic images."""
    kind = name.split('/')[0] if name.startswith(('teachers', 'priors')) else name.split('/')[-1].split('_')[0]
    model = SMALLER[kind]
    if not model.startswith('model'):
        model = (
            f'model = dict(architecture={CLASSIFIER}, teachers=dict(teacher=dict(build_cfg={CLASSIFIER})), '
            f'generator=dict({model}))'
        )
        model += '\nmodel["student_iter"] = 2' if kind in ('genkd', 'deepinversion', 'zskt') else ''
    images = IMAGES.format('{{_base_.test_pipeline}}')
    data = f'val_dataloader = dict(batch_size=10, num_workers=0, dataset={images})\ntest_dataloader = val_dataloader\n'
    train = f', dataset={images}' if name.startswith(('teachers', 'priors')) else ''
    data += f'train_dataloader = dict(batch_size=4, num_workers=0{train})\n'
    if kind in ('genkd', 'deepinversion'):
        policy = ', policy_gradient=None' if kind == 'genkd' else ''
        data += f'default_hooks = dict(chain_reward=dict(num_chains=8){policy})\n'
    path = folder / f'{name}.py'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'_base_ = [{str(ROOT / "configs" / (name + ".py"))!r}]\n{model}\n{data}')


@pytest.fixture
def command(tmp_path):
    for name in NAMES:
        write_small_config(name, tmp_path / 'configs')
    tool, out, configs = ROOT / 'tools/reproduce_cifar10.py', tmp_path / 'out', tmp_path / 'configs'
    return [tool, '0.05', '--out', out, '--configs', configs]


def test_toy_budget_survives_a_kill(command, tmp_path):
    out = tmp_path / 'out'
    first = PythonProcess(*command)
    first.wait_for(lambda: 'priors/jem_wrn28x10_cifar10.py: ' in first.output)  # the second run has begun
    first.kill()
    teacher = (out / 'resnet34_cifar10' / 'final.pth').stat().st_mtime_ns
    done = run_python(*command)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (out / 'resnet34_cifar10' / 'final.pth').stat().st_mtime_ns == teacher
    plan = json.loads((out / 'plan.json').read_text())
    for name in NAMES:
        summary = json.loads((out / Path(name).name / 'summary.json').read_text())
        assert f'{name}.py: ' in done.stdout
        assert summary['accuracy_curve'][-1][0] == plan[str(tmp_path / 'configs' / f'{name}.py')]['max_iters']


def test_no_budget_is_one_sentence():
    done = run_python(ROOT / 'tools' / 'reproduce_cifar10.py', '0')
    assert done.returncode == 2 and done.stderr == 'error: The budget is 0.0 minutes; expected more than 0\n'
