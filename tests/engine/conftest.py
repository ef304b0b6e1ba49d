"""What the tests of the engine share."""

import pytest


@pytest.fixture(autouse=True)
def in_one_process(one_process) -> None:
    """A process group, as tools/train.py starts it."""
