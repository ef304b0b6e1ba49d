"""What each term of the method adds, from the summaries of runs."""

import importlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def terms(monkeypatch):
    """tools/maintenance/terms.py as a module."""
    monkeypatch.syspath_prepend(str(ROOT / 'tools' / 'maintenance'))
    return importlib.import_module('terms')


def write(folder, name, top1, steps=2000):
    folder.mkdir(exist_ok=True)
    for seed, value in top1.items():
        path = folder / f'{name}_seed{seed}.json'
        path.write_text(json.dumps(dict(seed=seed, student_top1=value, student_steps=steps)))


def test_differences_are_taken_seed_by_seed(terms, tmp_path):
    digits = tmp_path / 'digits'
    write(digits, 'stored_digits', {0: 80.0, 1: 90.0}, steps=2100)
    write(digits, 'genkd_digits', {0: 82.0, 1: 92.0, 2: 10.0})  # stored chains have no seed 2
    write(digits, 'policy_gradient_digits', {0: 82.0, 1: 91.0, 2: 99.0})
    write(digits, 'genkd_digits_proxy', {0: 1.0, 1: 1.0})
    assert terms.row(tmp_path, 'digits', 'digits', '', 'digits', 'digits') == [
        'digits', '0, 1', '2,100 / 2,000 / 2,000', '85.0 ± 7.1', '2.0 ± 0.0', '-0.5 ± 0.7', '1.5 ± 0.7',
    ]  # fmt: skip


def test_what_has_not_been_run_has_no_row(terms, tmp_path):
    write(tmp_path / 'cifar10', 'policy_gradient_cifar10_small', {0: 40.0})
    equal_steps = tmp_path / 'cifar10_equal_steps'
    write(equal_steps, 'stored_cifar10_small', {0: 39.0})
    write(equal_steps, 'genkd_cifar10_small', {0: 54.0})  # another prior does not compare
    assert len(terms.markdown(tmp_path).splitlines()) == 2
    write(equal_steps, 'genkd_cifar10_small_maximum_likelihood', {0: 39.0})
    lines = terms.markdown(tmp_path).splitlines()
    assert len(lines) == 3 and lines[2].startswith('| CIFAR-10, equal steps | 0 | ') and '| 1.0 |' in lines[2]
