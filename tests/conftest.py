"""The fixtures of fixtures.py, in the processes that run tests.

The first process of pytest-xdist only hands them out: it needs no import of torch and OpenMMLab, which takes eight
seconds.
"""

import importlib

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Add the fixtures."""
    if not config.getoption('numprocesses', None):
        config.pluginmanager.register(importlib.import_module('.fixtures', __package__))
