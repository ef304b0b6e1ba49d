"""Which checkpoints a work dir keeps, and which one a run resumes from."""

import pytest
import torch

from genkd_mm.apis import train
from genkd_mm.engine.runner.resume import latest_checkpoint
from genkd_mm.utils import ConfigError

from .teacher_run import Crash, checkpoints, load, teacher_run
from .test_resume import same

BEST = {'default_hooks.checkpoint.save_best': 'auto'}


@pytest.fixture
def work(tmp_path):
    return tmp_path / 'work'


def rolling(work):
    return [name for name in checkpoints(work) if name.startswith('iter_')]


def best(work):
    return [name for name in checkpoints(work) if name.startswith('best_')]


def test_the_best_is_kept_beside_the_newest(work):
    train(teacher_run(work, **BEST))
    assert rolling(work) == ['iter_6.pth'] and len(best(work)) == 1
    assert (work / 'last_checkpoint').read_text() == str(work / 'iter_6.pth')


@pytest.mark.parametrize('crash', [4, 5])  # after a validation without, and with a checkpoint of its iteration
def test_the_best_survives_a_crash(tmp_path, crash):
    alone, stopped = tmp_path / 'alone', tmp_path / 'stopped'
    options = {**BEST, 'train_cfg.val_interval': 3 if crash == 4 else 2}
    train(teacher_run(alone, **options))
    with pytest.raises(Crash):
        train(teacher_run(stopped, stop_before=crash, **options))
    train(teacher_run(stopped, **options), resume=True)
    assert checkpoints(stopped) == checkpoints(alone)
    for name in (*best(alone), 'iter_6.pth'):
        same(load(alone / name)['state_dict'], load(stopped / name)['state_dict'])


def test_a_checkpoint_that_lists_its_iteration_twice_is_not_removed(work):
    train(teacher_run(work, **{'train_cfg.max_iters': 4}))
    checkpoint = load(work / 'iter_4.pth')
    checkpoint['message_hub']['runtime_info']['keep_ckpt_ids'] = [4, 4]  # as save_best had it up to 0.2
    torch.save(checkpoint, work / 'iter_4.pth')
    with pytest.raises(Crash):
        train(teacher_run(work, stop_before=5), resume=True)
    assert rolling(work) == ['iter_4.pth']


def test_a_pointer_to_a_missing_file_is_an_error(work):
    train(teacher_run(work, **{'default_hooks.checkpoint.max_keep_ckpts': 2}))
    (work / 'iter_6.pth').unlink()
    with pytest.raises(ConfigError, match='last_checkpoint names .*iter_6.pth.*, which does not exist; put it back'):
        train(teacher_run(work), resume=True)
    (work / 'last_checkpoint').unlink()
    assert latest_checkpoint(str(work)) == (str(work / 'iter_4.pth'), [])


def test_a_work_dir_that_was_moved_is_resumed(work):
    train(teacher_run(work))
    moved = work.rename(work.with_name('moved'))
    assert latest_checkpoint(str(moved)) == (str(moved / 'iter_6.pth'), [])


def test_a_run_in_the_folder_of_another_one_resumes_from_its_own(work):
    train(teacher_run(work, **BEST))
    with pytest.raises(Crash):
        train(teacher_run(work, stop_before=4, **BEST, **{'randomness.seed': 1}))
    assert rolling(work) == ['iter_2.pth'] and len(best(work)) == 1  # the other run's are in previous/
    assert 'iter_6.pth' in checkpoints(work / 'previous')
    again = train(teacher_run(work, **BEST, **{'randomness.seed': 1}), resume=True)
    assert again._load_from == str(work / 'iter_2.pth') and again.seed == 1


def test_a_run_that_crashed_before_its_first_checkpoint_starts_over(work):
    train(teacher_run(work))
    with pytest.raises(Crash):
        train(teacher_run(work, stop_before=2))
    assert latest_checkpoint(str(work)) == (None, [])


def test_going_back_to_an_earlier_checkpoint_leaves_the_later_ones(work):
    keep = {'default_hooks.checkpoint.max_keep_ckpts': -1}
    train(teacher_run(work, **keep))
    with pytest.raises(Crash):
        train(teacher_run(work, stop_before=4, **keep, load_from=str(work / 'iter_2.pth')), resume=True)
    assert rolling(work) == ['iter_2.pth'] and rolling(work / 'previous') == ['iter_4.pth', 'iter_6.pth']
    assert latest_checkpoint(str(work)) == (str(work / 'iter_2.pth'), [])


def test_resume_in_the_config_resumes(work):
    with pytest.raises(Crash):
        train(teacher_run(work, stop_before=5))
    runner = train(teacher_run(work, resume=True))
    assert runner._resume and runner._load_from == str(work / 'iter_4.pth')
