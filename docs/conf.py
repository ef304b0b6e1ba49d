"""Settings of the documentation site: ``python -m sphinx -W -b html docs docs/_build/html``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import genkd_mm  # noqa: E402

project = 'genkd_mm'
author = 'The authors of genkd_mm'
version = release = genkd_mm.__version__

extensions = ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.autosummary', 'sphinx.ext.napoleon']
exclude_patterns = ['_build', '_templates', 'notebooks']
templates_path = ['_templates']
html_theme = 'furo'
html_title = 'genkd_mm'

suppress_warnings = ['myst.xref_missing']  # links out of docs/; tests/docs/test_links.py checks every link
myst_heading_anchors = 3  # links such as reliability.md#several-processes
autosummary_generate = True
autodoc_member_order = 'bysource'
autodoc_typehints = 'none'  # the docstrings give types, with shapes and units
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # a NamedTuple's fields have entries of their own
