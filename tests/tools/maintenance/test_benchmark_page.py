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
    assert ' | `chain.fast_over_torchebm` |' in benchmark_page.PERFORMANCE.read_text()
    for path in (ROOT / 'results' / 'ablations').glob('*.json'):
        assert f'<!-- figures of results/ablations/{path.name} -->\n\n| ' in benchmark_page.ABLATIONS.read_text()


def test_a_number_has_the_range_of_its_rounds(benchmark_page):
    figures = dict(chain=dict(ratio=dict(median=2.0, low=1.0, high=3.0), share=0.6681), images=1493.2)
    assert benchmark_page.value_of(figures, 'chain.ratio') == '2 (1 to 3)'
    assert benchmark_page.value_of(figures, 'chain.share') == '0.6681'
    assert benchmark_page.value_of(figures, 'images') == '1,493'


def test_seeds_are_named_where_a_run_has_fewer(benchmark_page):
    def run(name, seed, steps, top1):
        return dict(config=f'configs/genkd_{name}.py', seed=seed, student_steps=steps, student_top1=top1)

    runs = dict(a=[run('a', 0, 2000, 90.0), run('a', 1, 2000, 92.0)], b=[run('b', 0, 2100, 80.0)])
    assert benchmark_page.table(runs, benchmark_page.COLUMNS[:2]).splitlines()[2:] == [
        '| `configs/genkd_a.py` | teacher, prior | 91.0 ± 1.4 | 2,000 |',
        '| `configs/genkd_b.py` (seed 0) | teacher, prior | 80.0 | 2,100 |',
    ]


def test_a_config_that_ran_on_one_dataset_has_a_row(benchmark_page, monkeypatch, tmp_path):
    def run(study, config, *top1):
        folder = tmp_path / 'results' / study
        folder.mkdir(parents=True, exist_ok=True)
        for seed, value in enumerate(top1):
            text = json.dumps(dict(config=f'configs/{config}.py', seed=seed, student_top1=value))
            (folder / f'{config}_seed{seed}.json').write_text(text)

    run('digits', 'genkd_digits', 98.0, 99.0)
    run('digits', 'zskt_digits', 80.0)
    run('fashion_mnist', 'genkd_fashion_mnist_maximum_likelihood', 89.0)
    run('cifar10', 'genkd_cifar10_small', 54.0)
    run('cifar10', 'genkd_cifar10_small_maximum_likelihood', 40.0)
    monkeypatch.setattr(benchmark_page, 'ROOT', tmp_path)
    assert benchmark_page.summary().splitlines()[2:] == [
        '| `configs/genkd_*.py` | teacher, prior | 98.5 ± 0.7 | - | 54.0 |',
        '| `configs/genkd_*_maximum_likelihood.py` | teacher, prior | - | 89.0 | 40.0 |',
        '| `configs/zskt_*.py` | teacher | 80.0 | - | - |',
    ]


def test_what_a_run_was_given(benchmark_page):
    given = benchmark_page.given
    assert given('configs/genkd_digits.py') == given('configs/baselines/prior_digits.py') == benchmark_page.PRIOR
    assert given('configs/mix/kl_digits.py') == benchmark_page.PRIOR
    assert given('configs/baselines/policy_gradient_digits.py') == benchmark_page.PRIOR
    assert given('configs/mix/two_teachers_digits.py').startswith('two teachers')
    assert given('configs/genkd_digits_teacher_alone.py') == given('configs/baselines/dafl_digits.py') == 'teacher'
    assert given('configs/genkd_fashion_mnist_proxy.py').endswith('other images')
    assert given('configs/baselines/real_digits.py') == 'teacher, data'


def test_the_readmes_figures_are_the_results(benchmark_page):
    lines = (ROOT / 'README.md').read_text().splitlines()
    for run in ('real_*', 'genkd_*', 'genkd_*_maximum_likelihood', 'stored_*', 'zskt_*', 'noise_*'):
        row = next(line for line in lines if line.startswith('| `configs/') and f'{run}.py`' in line)
        means = [
            benchmark_page.spread(
                [
                    json.loads(path.read_text())['student_top1']
                    for path in ROOT.glob(f'results/{study}/{run.replace("*", data)}_seed*.json')
                ],
                1,
            )
            for study, data in (('digits', 'digits'), ('fashion_mnist', 'fashion_mnist'), ('cifar10', 'cifar10_small'))
        ]
        assert row.removesuffix(' |').split(' | ')[-3:] == means, run


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
