"""tools/sample.py as a user types it: whole runs, killed runs, two processes."""

import shutil
from pathlib import Path

import pytest

from ..processes import PythonProcess, run_python, run_ranks

ROOT = Path(__file__).parents[2]
TOOL, CONFIG = ROOT / 'tools/sample.py', ROOT / 'configs/priors/jem_wrn10x1_digits.py'
ARGUMENTS = [CONFIG, 'prior.pth', '--number', '120', '--batch-size', '5', '--seed', '3']


def call(*args, cwd, check=True):
    done = run_python(*args, cwd=cwd)
    assert not check or done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


@pytest.fixture(scope='module')
def sampled(tmp_path_factory, digits_run):
    """A folder with a prior and ``whole``, samples that were made in one go; and what the tool printed."""
    folder = tmp_path_factory.mktemp('sample')
    shutil.copy(digits_run / 'priors/jem_wrn10x1_digits/final.pth', folder / 'prior.pth')
    return folder, call(TOOL, *ARGUMENTS, '--out', 'whole', cwd=folder).stdout


def test_a_run_in_one_go(sampled):
    folder, output = sampled
    made = files(folder / 'whole')
    assert '24/24' in output and '120 samples are in whole' in output
    assert sum(name.endswith('.png') for name in made) == 120
    assert {name for name in made if not name.endswith('.png')} == {'metadata.json', 'index.csv'}


def test_a_killed_run_makes_the_rest_when_it_is_called_again(sampled):
    folder, _ = sampled
    process, parts = PythonProcess(TOOL, *ARGUMENTS, '--out', 'killed', cwd=folder), folder / 'killed/parts'
    process.wait_for(lambda: len(list(parts.glob('*.csv'))) >= 3)
    process.kill()
    kept = {
        path: path.stat().st_mtime_ns
        for part in parts.glob('*.csv')
        for line in part.read_text().splitlines()[1:]
        for path in [folder / 'killed' / line.split(',')[0]]
    }
    assert 15 <= len(kept) < 120 and not (folder / 'killed/index.csv').exists()

    call(TOOL, *ARGUMENTS, '--out', 'killed', cwd=folder)
    assert files(folder / 'killed') == files(folder / 'whole')
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items())  # not made twice


def test_a_finished_folder_is_left_as_it_is(sampled):
    folder, _ = sampled
    before = {path: path.stat().st_mtime_ns for path in (folder / 'whole').rglob('*')}
    call(TOOL, *ARGUMENTS, '--out', 'whole', cwd=folder)
    assert {path: path.stat().st_mtime_ns for path in (folder / 'whole').rglob('*')} == before


def test_two_processes_make_the_same_files(sampled):
    folder, _ = sampled
    ranks = run_ranks(TOOL, *ARGUMENTS, '--out', 'two', '--launcher', 'pytorch', cwd=folder)
    assert files(folder / 'two') == files(folder / 'whole')
    assert [rank.stdout.count('120 samples are in two') for rank in ranks] == [1, 0]


def test_bad_input_is_one_sentence_and_exit_code_2(sampled):
    done = call(TOOL, *ARGUMENTS, '--seed', '4', '--out', 'whole', cwd=sampled[0], check=False)
    assert done.returncode == 2 and 'Traceback' not in done.stderr
    assert done.stderr.strip().splitlines()[-1].startswith('error: whole holds samples made with seed=3, not 4')
