"""Imports run downwards, as pyproject.toml lists them, and training imports only what it needs."""

from pathlib import Path

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[1]


def test_no_import_runs_upwards(capsys):
    status = lint_imports(config_filename=str(ROOT / 'pyproject.toml'), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_training_loads_nothing_of_the_report(run_python):
    """Its modules import pandas and Plotly. mmrazor's import of scikit-learn, where installed, loads pandas anyway."""
    report = {'plotly', 'genkd_mm.engine.records', 'genkd_mm.visualization.report.page'}
    code = f'import sys; from genkd_mm.apis import train; assert not {report} & set(sys.modules)'
    done = run_python('-c', code)
    assert done.returncode == 0, done.stderr
