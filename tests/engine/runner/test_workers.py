"""Runs whose data come from worker processes end, whatever ends them."""

import multiprocessing
import signal
import subprocess
from pathlib import Path

import pytest
import torch

from genkd_mm.apis import train
from genkd_mm.engine.runner.workers import let_workers_outlive_signals
from genkd_mm.utils import TrainingError

from .teacher_run import Crash, teacher_run
from .test_resume import RaiseSignal  # noqa: F401

WORKERS = {
    f'{loader}_dataloader.{key}': value
    for loader in ('train', 'val')
    for key, value in (('num_workers', 1), ('persistent_workers', True))
}
NO_FILE = {'train_dataloader.dataset.pipeline': [dict(type='mmpretrain.LoadImageFromFile')]}


def test_a_worker_ends_at_its_parents_word_alone():
    loader = torch.utils.data.DataLoader(range(4), num_workers=1, persistent_workers=True)
    batches = iter(let_workers_outlive_signals(loader))
    next(batches)
    (worker,) = multiprocessing.active_children()
    for name in ('TERM', 'INT'):  # from another process, as those of a batch system or a terminal
        subprocess.run(['kill', f'-{name}', str(worker.pid)], check=True)
    assert [int(batch) for batch in batches] == [1, 2, 3]
    assert worker.is_alive()
    worker.terminate()
    worker.join(30)
    assert not worker.is_alive()


@pytest.mark.parametrize('end', ['by itself', 'a signal', 'a crash'])
def test_persistent_workers_end_with_the_run(tmp_path, end):
    config = teacher_run(tmp_path, stop_before=4 if end == 'a crash' else None, **WORKERS)
    if end == 'a signal':
        config.custom_hooks = [dict(type='RaiseSignal', at=3)]
    errors = {'a signal': SystemExit, 'a crash': Crash}
    if end in errors:
        with pytest.raises(errors[end]):
            train(config)
    else:
        train(config)
    assert not multiprocessing.active_children()
    assert (tmp_path / 'iter_2.pth').is_file() or end != 'a crash'
    assert (tmp_path / 'iter_3.pth').is_file() or end != 'a signal'


@pytest.mark.parametrize('workers', [0, 1])
def test_an_item_that_cannot_be_read_is_named(tmp_path, workers):
    before = signal.getsignal(signal.SIGINT)
    sentence = r"^Digits cannot give item \d+ \(KeyError: 'img_path'\); no checkpoint yet;"
    with pytest.raises(TrainingError, match=sentence):
        train(teacher_run(tmp_path, **NO_FILE, **{'train_dataloader.num_workers': workers}))
    assert signal.getsignal(signal.SIGINT) is before  # Ctrl-C ends the process, if there is more to end
    assert not multiprocessing.active_children()


def test_a_broken_image_is_named(tmp_path):
    for name in 'ab':
        (tmp_path / 'data' / name).mkdir(parents=True)
        (tmp_path / 'data' / name / 'x.png').write_bytes(b'no image')
    pipeline = [dict(type='mmpretrain.LoadImageFromFile')]
    config = teacher_run(tmp_path / 'work')
    config.train_dataloader.dataset = dict(
        type='mmpretrain.CustomDataset', data_root=str(tmp_path / 'data'), pipeline=pipeline
    )
    with pytest.raises(TrainingError, match=r'CustomDataset cannot give .*/data/[ab]/x.png \(.*; correct the file'):
        train(config)


def test_the_program_ends_with_one_sentence(tmp_path, run_python):
    config = teacher_run(tmp_path / 'work', **{**WORKERS, **NO_FILE})
    config.dump(tmp_path / 'config.py')
    ended = run_python(Path(__file__).parents[3] / 'tools/train.py', tmp_path / 'config.py')
    assert ended.returncode == 1, ended.stderr
    assert ended.stderr.splitlines()[-1].startswith('error: Digits cannot give item')
    assert 'Traceback' not in ended.stderr
