"""What a newcomer gets wrong stops with one sentence before training."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MessageHub

from genkd_mm.apis import test as evaluate
from genkd_mm.apis import train
from genkd_mm.engine.runner.access import metrics_of
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.labels import require_topk
from genkd_mm.engine.runner.launch import process_group, require_launcher
from genkd_mm.engine.runner.schedule import require_iterations
from genkd_mm.engine.runner.summary import top1, top1_now
from genkd_mm.utils import ConfigError, read_checkpoint

from ...tiny_run import CONFIGS
from .teacher_run import teacher_run


def refused(work, words, **overrides):
    with pytest.raises(ConfigError, match=words):
        train(teacher_run(work, **overrides))


def test_no_test_set(tmp_path):
    config = teacher_run(tmp_path)
    config.test_dataloader = config.test_evaluator = config.test_cfg = None
    with pytest.raises(ConfigError, match='has no test_dataloader to evaluate on; add test_'):
        evaluate(config, 'x.pth')


def test_evaluation_is_of_the_checkpoint_that_is_named(tmp_path):
    config = teacher_run(tmp_path / 'work', **{'train_cfg.max_iters': 2})
    train(config)
    checkpoint = torch.load(tmp_path / 'work' / 'iter_2.pth', weights_only=True)
    checkpoint['state_dict']['head.fc.bias'][3] = 1e6  # says 3 to everything
    torch.save(checkpoint, tmp_path / 'threes.pth')
    config.load_from, config.resume = str(tmp_path / 'work' / 'iter_2.pth'), True
    assert evaluate(config, str(tmp_path / 'threes.pth'))['accuracy/top1'] == pytest.approx(9.0)  # 9 of 100


@pytest.mark.parametrize('topk', [(1, 11), 11])
def test_a_topk_of_more_than_there_are_classes(tmp_path, topk):
    words = r'val_evaluator.topk is .*11.* but there are 10 classes; use topk=\(1, \)'
    refused(tmp_path, words, **{'val_evaluator.topk': topk})
    require_topk([dict(type='Accuracy', topk=(1, 5)), dict(type='SingleLabelMetric')], 5, 'val_evaluator')


@pytest.mark.parametrize('launcher, name', [('pytorch', 'RANK'), ('slurm', 'SLURM_PROCID'), ('mpi', 'OMPI_')])
def test_a_launcher_that_did_not_launch(monkeypatch, launcher, name):
    for variable in list(os.environ):
        if variable.startswith(('RANK', 'SLURM_', 'OMPI_')):
            monkeypatch.delenv(variable)
    with pytest.raises(ConfigError, match=f"--launcher is '{launcher}' but {name}.* is not set, so .*start it with"):
        require_launcher(launcher)


@pytest.fixture
def taken_port(monkeypatch):
    torch.distributed.destroy_process_group()
    with socket.socket() as taken:
        taken.bind(('', 0))
        taken.listen()
        for name, value in dict(RANK=0, LOCAL_RANK=0, WORLD_SIZE=1, MASTER_ADDR='localhost').items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setenv('MASTER_PORT', str(taken.getsockname()[1]))
        yield os.environ['MASTER_PORT']
    torch.distributed.init_process_group('gloo', store=torch.distributed.HashStore(), rank=0, world_size=1)


def test_a_port_in_use(taken_port):
    with pytest.raises(ConfigError, match=f'The port {taken_port} is in use; set another one, as PORT for'):
        with process_group('pytorch'):
            pass


@pytest.mark.parametrize('script', ['dist_train.sh', 'dist_test.sh'])
def test_a_port_in_use_of_the_scripts(script):
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            ['bash', str(CONFIGS.parent / 'tools' / script), 'a', 'b', '1'],
            env={**os.environ, 'PORT': port},
            capture_output=True,
            text=True,
        )
    assert (done.returncode, done.stderr) == (2, f'error: port {port} is in use; set PORT to another one\n')


STATE = {'a.weight': torch.ones(2), 'b': torch.zeros(1)}


@pytest.mark.parametrize('prefix', ['', 'module.', '_orig_mod.', 'module._orig_mod.'])
@pytest.mark.parametrize('wrapped', [None, 'state_dict', 'model'])
def test_checkpoints_of_other_programs(tmp_path, prefix, wrapped):
    state = {f'{prefix}{name}': value for name, value in STATE.items()}
    torch.save({wrapped: state, 'epoch': 3} if wrapped else state, tmp_path / 'x.pth')
    checkpoint = read_checkpoint(str(tmp_path / 'x.pth'), 'x')
    assert checkpoint['state_dict'].keys() == STATE.keys() and checkpoint.get('epoch') == (3 if wrapped else None)


def test_a_prefix_of_some_names_is_part_of_them(tmp_path):
    torch.save({'module.a': torch.ones(1), 'b': torch.ones(1)}, tmp_path / 'x.pth')
    assert list(read_checkpoint(str(tmp_path / 'x.pth'), 'x')['state_dict']) == ['module.a', 'b']


def test_a_teacher_of_a_wrapped_model_trains_a_student(tiny, tmp_path):
    path = tmp_path / 'teacher.pth'
    state = torch.load(path, weights_only=True)['state_dict']
    torch.save(dict(model={f'module.{name}': value for name, value in state.items()}), path)
    runner = train(tiny(**{'train_cfg.max_iters': 1}))
    loaded = runner.model.module.teachers['teacher'].state_dict()
    assert all(torch.equal(value, state[name]) for name, value in loaded.items())


def test_a_type_without_its_scope(tmp_path):
    words = r'ResizeEdge is not in the .* registry.*; write mmpretrain.ResizeEdge\)'
    refused(tmp_path, words, **{'train_dataloader.dataset.pipeline': [dict(type='ResizeEdge', scale=8)]})


@pytest.mark.parametrize('key, value', [('by_epoch', True), ('max_epochs', 3)])
def test_epochs_in_train_cfg(tmp_path, key, value):
    refused(tmp_path, r'train_cfg counts epochs .* set train_cfg.max_iters and', **{f'train_cfg.{key}': value})


def test_by_epoch_false_is_what_runs_are(tmp_path):
    config = teacher_run(tmp_path, **{'train_cfg.by_epoch': False})
    require_iterations(config)
    assert 'by_epoch' not in config.train_cfg


@pytest.mark.parametrize('scheduler', [dict(type='MultiStepLR', milestones=[2]), dict(type='LinearLR', by_epoch=True)])
def test_a_scheduler_that_counts_epochs(scheduler):
    named = dict(architecture=[dict(type='ConstantLR', by_epoch=False), scheduler], generator=[])
    for config, key in ((scheduler, 'param_scheduler'), (named, 'param_scheduler.architecture.1')):
        with pytest.raises(
            ConfigError, match=f'{key} \\({scheduler["type"]}\\) counts epochs but runs count iterations'
        ):
            require_iterations(Config(dict(param_scheduler=config)))


@pytest.mark.parametrize(
    'scheduler',
    [
        dict(type='MultiStepLR', milestones=[2], convert_to_iter_based=True),
        dict(type='ReduceOnPlateauLR', monitor='accuracy/top1'),
    ],
)
def test_schedulers_that_need_no_by_epoch(scheduler):
    require_iterations(Config(dict(param_scheduler=[scheduler])))


def test_checkpoints_by_epoch(tmp_path):
    refused(tmp_path, 'checkpoint.by_epoch is True but runs', **{'default_hooks.checkpoint.by_epoch': True})


def test_checkpoints_count_iterations_without_being_told(tmp_path):
    config = teacher_run(tmp_path)
    del config.default_hooks.checkpoint['by_epoch']
    train(config)
    assert (tmp_path / 'iter_6.pth').is_file()


def test_a_folder_with_an_apostrophe(tmp_path):
    folder = tmp_path / "it's"
    shutil.copytree(CONFIGS, folder / 'configs')
    with pytest.raises(ConfigError, match='has a quote in its name, .*; move it to a folder without one'):
        load_config(str(folder / 'configs' / 'genkd_digits.py'))
    assert load_config(str(Path(CONFIGS, 'genkd_digits.py'))).prerequisites


@pytest.mark.parametrize('name', ['accuracy/top1', 'student/top1', 'top1'])
def test_the_accuracy_is_found_under_any_prefix(name):
    assert top1({'accuracy/top5': 9.0, 'chain/reward': 1.0, name: 5.0}) == 5.0
    hub = MessageHub.get_instance(f'prefix of {name}')
    hub.update_scalar('train/accuracy/top1', 1.0)
    assert top1_now(hub) is None
    hub.update_scalar(f'val/{name}', 5.0)
    assert top1_now(hub) == 5.0


def test_a_prefix_reaches_the_summary(tmp_path):
    runner = train(teacher_run(tmp_path, **{'val_evaluator.prefix': 'mine', 'train_cfg.max_iters': 2}))
    ((step, *_, value),) = metrics_of(runner).accuracy_curve
    assert step == 2 and value == pytest.approx(top1_now(runner.message_hub), abs=0.01)
