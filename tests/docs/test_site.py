"""The documentation site."""

import importlib.util
import re
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
needs_sphinx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ('sphinx', 'myst_parser', 'furo')),
    reason='the site needs Sphinx: pip install -e ".[docs]"',
)


def test_the_reference_has_every_package():
    listed = set(re.findall(r'^   (genkd_mm[\w.]*)$', (REPO / 'docs' / 'api.rst').read_text(), re.MULTILINE))
    packages = {'.'.join(path.parent.relative_to(REPO).parts) for path in REPO.glob('genkd_mm/**/__init__.py')}
    gathering = {'genkd_mm', 'genkd_mm.models', 'genkd_mm.engine'}  # others
    same_name = {'genkd_mm.apis.benchmark', 'genkd_mm.apis.new_project'}  # functions, listed with genkd_mm.apis
    assert packages - gathering - same_name <= listed
    assert all(importlib.util.find_spec(name) for name in listed)


@needs_sphinx
def test_the_site_builds_without_a_warning(run_python, tmp_path):
    options = ['-W', '--keep-going', '-q', '-b', 'html', '-d', tmp_path / 'doctrees']
    built = run_python('-m', 'sphinx', *options, REPO / 'docs', tmp_path / 'html')
    assert built.returncode == 0, built.stderr[-3000:]
    html = tmp_path / 'html'
    for path in (REPO / 'docs').glob('*.md'):
        assert (html / f'{path.stem}.html').is_file()
    assert 'PolicyGradientHook' in (html / 'generated' / 'genkd_mm.engine.hooks.html').read_text()
