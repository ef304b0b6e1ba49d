"""The published figures are those of the results."""

import importlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def benchmark_page(monkeypatch):
    """tools/maintenance/benchmark_page.py as a module."""
    monkeypatch.syspath_prepend(str(ROOT / 'tools' / 'maintenance'))
    return importlib.import_module('benchmark_page')


def test_the_pages_are_what_the_results_make(benchmark_page):
    for path, text in benchmark_page.pages().items():
        assert path.read_text() == text, path


def test_the_pages_have_the_figures(benchmark_page):
    assert '| chain.fast_over_torchebm | ' in benchmark_page.PERFORMANCE.read_text()
    for path in (ROOT / 'results' / 'ablations').glob('*.json'):
        assert f'<!-- figures of results/ablations/{path.name} -->\n\n| ' in benchmark_page.ABLATIONS.read_text()


def test_figures_are_rows_by_their_dotted_names(benchmark_page):
    figures = dict(chain=dict(ratio=dict(median=2.0, low=1.0, high=3.0), images=64), cosine=[0.5, 0.25], curve=[1])
    assert benchmark_page.benchmark_table(figures).splitlines()[2:] == [
        '| chain.ratio | 2 (1 to 3) |',
        '| chain.images | 64 |',
        '| cosine | 0.5, 0.25 |',
    ]


def test_what_a_run_was_given(benchmark_page):
    given = benchmark_page.given
    assert given('configs/genkd_digits.py') == given('configs/baselines/prior_digits.py') == benchmark_page.PRIOR
    assert given('configs/mix/kl_digits.py') == benchmark_page.PRIOR
    assert given('configs/mix/two_teachers_digits.py').startswith('two teachers')
    assert given('configs/genkd_digits_teacher_alone.py') == given('configs/baselines/dafl_digits.py') == 'the teacher'
    assert given('configs/genkd_fashion_mnist_proxy.py').endswith('other images')
    assert given('configs/baselines/real_digits.py') == 'the teacher, the data'


def test_the_readmes_figures_are_the_results(benchmark_page):
    lines = (ROOT / 'README.md').read_text().splitlines()
    for run in ('real', 'genkd', 'stored', 'zskt', 'noise'):
        row = next(line for line in lines if line.startswith('| `configs/') and f'{run}_*.py`' in line and '.' in line)
        means = [
            benchmark_page.spread(
                [
                    json.loads(path.read_text())['student_top1']
                    for path in ROOT.glob(f'results/{study}/{run}_{study}_seed*.json')
                ],
                1,
            )
            for study in ('digits', 'fashion_mnist')
        ]
        assert row.split(' | ')[-2:] == [means[0], f'{means[1]} |'], run


def test_a_table_ends_with_an_empty_line(benchmark_page):  # or what follows becomes one of its rows
    for path, text in benchmark_page.pages().items():
        assert not re.search(r'^\|.*\n[^|\n]', text, re.MULTILINE), path


def test_spread_is_mean_and_sample_deviation(benchmark_page):
    assert benchmark_page.spread([1.0, 2.0, 3.0], 1) == '2.0 ± 1.0'
    assert benchmark_page.spread([1234.0], 0) == '1,234'
    assert benchmark_page.spread([1.0, None], 1) == '-'


def test_nothing_in_the_results_names_a_machine():
    for path in ROOT.glob('results/**/*.json'):
        assert not re.search(r'"/|\.\./', path.read_text()), path
