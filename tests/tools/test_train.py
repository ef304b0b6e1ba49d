"""The command lines, as a user types them."""

import json
from pathlib import Path

import pytest

from ..processes import environment, run_python

ROOT = Path(__file__).parents[2]
TINY = ['train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'default_hooks.checkpoint.interval=2']
GENKD = [
    'model.student_iter=1',
    'default_hooks.policy_gradient.window=2',
    'model.generator.sampler.num_steps=3',
    'train_dataloader.batch_size=10',
    'default_hooks.chain_reward.num_chains=10',
]


def call(*args, cwd, check=True):
    done = run_python(*args, cwd=cwd, env=environment(COLUMNS='300'))
    assert not check or done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A folder in which GenKD on the digits has run with its prerequisites, each for two iterations."""
    folder = tmp_path_factory.mktemp('run')
    for kind, config in (('teachers', 'resnet18_digits'), ('priors', 'jem_wrn10x1_digits')):
        source = ROOT / 'configs' / kind / f'{config}.py'
        (folder / f'{config}.py').write_text(
            f'_base_ = [{str(source)!r}]\n'
            'train_cfg = dict(max_iters=2, val_interval=2)\nparam_scheduler = []\n'
            'train_dataloader = dict(batch_size=10)\nval_dataloader = dict(dataset=dict(indices=100))\n'
        )
    (folder / 'genkd.py').write_text(
        f'_base_ = [{str(ROOT / "configs" / "genkd_digits_maximum_likelihood.py")!r}]\n'
        'val_dataloader = dict(dataset=dict(indices=100))\ntest_dataloader = val_dataloader\n'
        'prerequisites = [\n'
        "    dict(config='resnet18_digits.py', checkpoint='work_dirs/teachers/resnet18_digits/final.pth'),\n"
        "    dict(config='jem_wrn10x1_digits.py', checkpoint='work_dirs/priors/jem_wrn10x1_digits/final.pth')]\n"
    )
    done = call(ROOT / 'tools/train.py', 'genkd.py', '--cfg-options', *TINY, *GENKD, cwd=folder)
    return folder, done.stdout


def test_missing_prerequisites_are_announced_and_trained_first(trained):
    folder, output = trained
    teacher, prior = (
        f'work_dirs/{name}/final.pth' for name in ('teachers/resnet18_digits', 'priors/jem_wrn10x1_digits')
    )
    order = [
        output.index(text)
        for text in (
            f'{teacher} is missing and this run needs it: training resnet18_digits.py first',
            f'{prior} is missing and this run needs it: training jem_wrn10x1_digits.py first',
            'Before training, teacher teacher: accuracy/top1',
            'Before training, student: accuracy/top1',
            'student_top1',
        )
    ]
    assert order == sorted(order)
    assert 'from the beginning' not in output  # for there was nothing before
    assert (folder / teacher).is_file() and (folder / prior).is_file()
    assert json.loads((folder / 'work_dirs/genkd/summary.json').read_text())['student_top1'] >= 0


def test_the_console_shows_no_listing_but_the_log_file_does(trained):
    folder, output = trained
    assert 'System environment' not in output and 'Hooks will be executed' not in output
    log = next((folder / 'work_dirs/genkd').glob('*/*.log')).read_text()
    assert 'System environment' in log and 'Hooks will be executed' in log


def test_the_table_has_no_row_for_what_was_not_measured(trained):
    folder, output = trained
    assert json.loads((folder / 'work_dirs/genkd/summary.json').read_text())['teacher_queries'] is None
    assert 'teacher_top1' in output and 'teacher_queries' not in output and 'None' not in output


def test_evaluation_of_a_checkpoint_gives_the_summarys_accuracy(trained):
    folder, _ = trained
    expected = json.loads((folder / 'work_dirs/genkd/summary.json').read_text())['student_top1']
    output = call(ROOT / 'tools/test.py', 'genkd.py', 'work_dirs/genkd/final.pth', cwd=folder).stdout
    assert f'accuracy/top1: {expected:.4f}' in output


def test_resume_goes_on_where_the_run_stopped_and_trains_nothing_twice(trained):
    folder, _ = trained
    stamps = {path: path.stat().st_mtime_ns for path in folder.glob('work_dirs/*s/*/final.pth')}
    assert len(stamps) == 2
    options = [option.replace('max_iters=2', 'max_iters=3') for option in TINY] + GENKD
    output = call(ROOT / 'tools/train.py', 'genkd.py', '--resume', '--cfg-options', *options, cwd=folder).stdout
    assert output.count('is not trained again') == 2
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())
    assert 'resumed epoch: 0, iter: 2' in output and 'do not match' not in output
    assert (folder / 'work_dirs/genkd/iter_3.pth').is_file()


@pytest.mark.parametrize(
    'script, args, words',
    [
        ('train.py', ['nowhere.py'], "The config file 'nowhere.py' does not exist"),
        ('train.py', ['genkd.py', '--auto-scale-lr'], '--auto-scale-lr was given but the config has no'),
        ('test.py', ['genkd.py', 'nowhere.pth'], "The checkpoint argument is 'nowhere.pth', which does not exist"),
        (
            'test.py',
            ['genkd.py', 'work_dirs/priors/jem_wrn10x1_digits/final.pth'],
            'does not fit the model in the config',
        ),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(trained, script, args, words):
    folder, _ = trained
    done = call(ROOT / 'tools' / script, *args, cwd=folder, check=False)
    assert done.returncode == 2
    sentence = done.stderr.strip().splitlines()[-1]
    assert sentence.startswith('error: ') and words in sentence
    assert 'Traceback' not in done.stderr
