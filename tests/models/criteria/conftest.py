"""What the tests of criteria share."""

import pytest


@pytest.fixture
def passes(networks, teacher, student) -> dict[str, int]:
    """How often each network has been passed."""
    counts = dict(teacher=0, student=0)

    def count(name: str):
        def hook(*args) -> None:
            counts[name] += 1

        return hook

    teacher.register_forward_hook(count('teacher'))
    student.register_forward_hook(count('student'))
    return counts
