"""Imports run downwards: tools, apis, engine, models, and so on, as pyproject.toml lists them."""

from pathlib import Path

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[1]


def test_no_import_runs_upwards(capsys):
    status = lint_imports(config_filename=str(ROOT / 'pyproject.toml'), no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out
