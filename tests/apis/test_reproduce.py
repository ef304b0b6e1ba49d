"""CIFAR-10 from start to end, at a toy budget on small networks and random images."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.optim import build_optim_wrapper
from torch import nn

import genkd_mm
from genkd_mm.apis import reproduce
from genkd_mm.apis.reproduction.overrides import on_gpu
from genkd_mm.apis.reproduction.stages import MINUTES, STAGES, TRAININGS
from genkd_mm.apis.reproduction.work import RECORDED_CHAIN
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError, read_checkpoint

from ..processes import PythonProcess

KEYS = ('type', 'dtype', 'loss_scale', 'optimizer')
ROOT = Path(genkd_mm.__file__).parents[1]
CLASSIFIER = 'dict(backbone=dict(stem_channels=4, base_channels=4), head=dict(in_channels=32))'
ENERGY = 'dict(classifier=dict(backbone=dict(depth=10, base_channels=4), head=dict(in_channels=2048)))'
CHAINS = 'sampler=dict(num_steps=4), replay_buffer=dict(capacity=100)'
CALIBRATION = 8  # iterations of the run that measures an iteration
TOOL = f"""
import runpy, sys
import genkd_mm.apis
sys.modules['genkd_mm.apis.compare'].CALIBRATION = {CALIBRATION}
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""
SMALLER = dict(  # of the model
    teacher=CLASSIFIER,
    prior=f'dict(generator=dict(energy={ENERGY}, {CHAINS}))',
    genkd=f'energy={ENERGY}, {CHAINS}',
    stored=f'energy={ENERGY}, {CHAINS}',
    dafl='hidden_channels=8',
    zskt='hidden_channels=8',
    deepinversion=CHAINS,
)


def write_small_config(stage: str, folder: Path) -> None:
    """A config that inherits that of the repository, with small networks and short chains."""
    name, model, hooks = STAGES[stage].config, SMALLER[stage], ''
    if not model.startswith('dict'):
        steps = '' if stage == 'dafl' else ', student_iter=2'
        model = (
            f'dict(architecture={CLASSIFIER}, teachers=dict(teacher=dict(build_cfg={CLASSIFIER})), '
            f'generator=dict({model}){steps})'
        )
    if stage in ('genkd', 'stored', 'deepinversion'):
        hooks = 'default_hooks = dict(chain_reward=dict(num_chains=8))\n'
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'_base_ = [{str(ROOT / "configs" / name)!r}]\nmodel = {model}\n{hooks}'
        'train_dataloader = dict(batch_size=4, num_workers=0)\nval_dataloader = dict(batch_size=10)\n'
        'test_dataloader = val_dataloader\n'
    )


@pytest.fixture
def toy(tmp_path, monkeypatch) -> dict:
    """Options of a toy budget."""
    monkeypatch.setattr(sys.modules['genkd_mm.apis.compare'], 'CALIBRATION', CALIBRATION)
    for stage in TRAININGS:
        write_small_config(stage, tmp_path / 'configs')
    generator = np.random.default_rng(0)
    for split in ('train', 'test'):
        images = generator.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
        np.savez(tmp_path / f'{split}.npz', images=images, labels=np.arange(20) % 10)
    return dict(minutes=0.02, out=tmp_path / 'out', configs=tmp_path / 'configs', data=tmp_path)


def read(path: Path) -> dict:
    return json.loads(path.read_text())


def test_toy_budget_survives_a_kill(toy, capsys):
    out, options = toy['out'], [str(word) for name, value in toy.items() for word in (f'--{name}', value)]
    process = PythonProcess('-c', TOOL, ROOT / 'tools/reproduce_cifar10.py', 'teacher', 'prior', *options)
    process.wait_for((out / 'teacher.json').is_file)  # the prior has begun
    process.kill()
    assert not (out / 'prior.json').exists()
    teacher = (out / 'teacher/final.pth').stat().st_mtime_ns
    results = reproduce(['teacher', 'prior', 'genkd'], **toy)
    assert (out / 'teacher/final.pth').stat().st_mtime_ns == teacher
    plan = read(out / 'plan.json')
    for name, result in results.items():
        assert result == read(out / f'{name}.json')
        assert result['done'] and result['seconds'] > result['total_seconds'] and result['device'].startswith('CPU')
        max_iters = plan[str(toy['configs'] / STAGES[name].config)]['max_iters']
        assert result['accuracy_curve'][-1][0] == result['iterations'] == max_iters
    assert list((out / 'genkd/test').glob('*/*.log'))  # its accuracy has been confirmed
    rows = capsys.readouterr().out.split('ResNet-34 to ResNet-18')[1].splitlines()
    assert [row.split()[1] for row in rows if f'{results["genkd"]["student_top1"]:.2f}' in row] == ['genkd']


def test_smoke_makes_a_few_iterations_of_every_training(toy):
    result = reproduce(['smoke'], **toy)['smoke']
    assert list(result['run_seconds']) == list(TRAININGS)
    for name in TRAININGS:
        assert read(toy['out'] / f'smoke/{name}/summary.json')['accuracy_curve'][-1][0] == 4
    assert len(read_checkpoint(str(toy['out'] / 'smoke/genkd/final.pth'), 'genkd')['chains']['states']) == 100


def test_the_benchmark_measures_the_chain_once(tmp_path, monkeypatch):
    tests = tmp_path / RECORDED_CHAIN  # in the place of those that take seconds
    tests.parent.mkdir(parents=True)
    tests.write_text('def test_one():\n    pass\n')
    monkeypatch.setattr('genkd_mm.apis.reproduction.work.shipped', lambda path: tmp_path / path)
    found = reproduce(['benchmark'], 0.1, tmp_path)['benchmark']
    assert found['recorded_chain'].startswith('1 passed')
    assert found['chain']['images_steps_per_second']['fast']['median'] > 0
    assert 'floor' not in found  # the time was up
    assert reproduce(['benchmark'], 0.1, tmp_path)['benchmark'] == found


def test_a_stage_that_fails_leaves_its_time_and_is_not_done(tmp_path):
    (tmp_path / 'teacher.json').write_text('{"done": false, "seconds": 5.0}')
    with pytest.raises(ConfigError, match='NpzDataset.ann_file'):
        reproduce(['teacher'], 1, tmp_path, data=tmp_path)
    result = read(tmp_path / 'teacher.json')
    assert not result['done'] and result['seconds'] > 5


@pytest.mark.parametrize('stage', ['teacher', 'genkd'])
def test_a_gpu_trains_classifiers_in_bfloat16(stage, monkeypatch):
    monkeypatch.setattr('mmengine.optim.optimizer.amp_optimizer_wrapper.is_cuda_available', lambda: True)
    path = str(ROOT / 'configs' / STAGES[stage].config)
    wrapper = load_config(path, on_gpu(load_config(path))).optim_wrapper
    layer = nn.Linear(3, 2)
    before = layer.weight.clone()
    amp = build_optim_wrapper(layer, {key: wrapper.get('architecture', wrapper)[key] for key in KEYS})
    with amp.optim_context(layer):
        outputs = layer(torch.ones(4, 3))
    amp.update_params(outputs.float().square().mean())
    assert outputs.dtype == torch.bfloat16 and not torch.equal(layer.weight, before)


def test_each_stage_fits_a_call_and_all_of_them_half_an_hour():
    assert MINUTES == 28 and all(0 < stage.minutes < 9 for stage in STAGES.values())


@pytest.mark.parametrize(
    'stages, minutes, words',
    [
        (['teacher'], 0, '--minutes is 0; expected more than 0'),
        (['student'], 28, "The stage 'student' is unknown; expected any of smoke, benchmark, teacher"),
        (['genkd'], 28, 'genkd needs .*teacher/final.pth, which is not there; do the stage teacher first'),
    ],
)
def test_bad_input(stages, minutes, words, tmp_path):
    with pytest.raises(ConfigError, match=words):
        reproduce(stages, minutes, tmp_path)
