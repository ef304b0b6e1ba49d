"""Runs of equal wall time."""

import json
from pathlib import Path

import pytest

import genkd_mm
from genkd_mm.apis import compare
from genkd_mm.utils import ConfigError

ROOT = Path(genkd_mm.__file__).parents[1]


@pytest.fixture
def config(tmp_path):
    """A small teacher on digits."""
    path = tmp_path / 'teacher.py'
    path.write_text(
        f'_base_ = [{str(ROOT / "configs/teachers/resnet18_digits.py")!r}]\n'
        'model = dict(backbone=dict(stem_channels=4, base_channels=4), head=dict(in_channels=32))\n'
    )
    return path


def test_length_follows_the_budget_and_runs_are_not_made_twice(config, run_python, tmp_path):
    out = tmp_path / 'out'
    command = (ROOT / 'tools' / 'equal_time.py', config, '--minutes', '0.01', '--out', out)
    first = run_python(*command)
    assert first.returncode == 0 and 'teacher_seed0: ' in first.stdout, first.stderr + first.stdout
    plan = json.loads((out / 'plan.json').read_text())[str(config)]
    assert plan['max_iters'] == max(1, round(0.6 / plan['seconds_per_iteration']))
    summary = out / 'teacher_seed0' / 'summary.json'
    assert json.loads(summary.read_text())['accuracy_curve'][-1][0] == plan['max_iters']
    written = summary.stat().st_mtime_ns
    again = run_python(*command)
    assert again.stdout == first.stdout.splitlines(keepends=True)[-1] and summary.stat().st_mtime_ns == written


def test_other_minutes_in_the_same_folder_are_refused(run_python, tmp_path):
    config = str(ROOT / 'configs' / 'teachers' / 'resnet18_digits.py')
    (tmp_path / 'plan.json').write_text(json.dumps({config: dict(minutes=2.0, seconds_per_iteration=1, max_iters=120)}))
    done = run_python(ROOT / 'tools' / 'equal_time.py', config, '--minutes', '3', '--out', tmp_path)
    assert done.returncode == 2 and 'to 2.0 minutes, now they are 3.0; name another folder' in done.stderr


def test_a_config_that_is_not_there_is_named_before_anything_is_made(run_python, tmp_path):
    out = tmp_path / 'out'
    configs = (ROOT / 'configs' / 'genkd_digits.py', 'nowhere.py')
    done = run_python(ROOT / 'tools' / 'equal_time.py', *configs, '--minutes', '1', '--out', out)
    assert done.returncode == 2 and done.stderr.startswith("error: The config file 'nowhere.py' does not exist")
    assert not out.exists()


def test_no_time_is_refused(tmp_path):
    with pytest.raises(ConfigError, match='--minutes is 0; expected more than 0'):
        compare([], 0, tmp_path / 'out')
    assert not (tmp_path / 'out').exists()
