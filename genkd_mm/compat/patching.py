"""Replacing a function of an upstream package."""

import functools
from collections.abc import Callable
from typing import Any


def patches(owner: Any, name: str) -> Callable[[Callable], None]:
    """Decorator: calls of ``owner.name`` go to the decorated function, with the original as its first argument.

    The original stays in ``__wrapped__``. A function that is patched already is left as it is.

    Args:
        owner (Any): A module or a class.
        name (str): The function's name in it.
    """

    def replace(function: Callable) -> None:
        original = getattr(owner, name)
        if hasattr(original, '__wrapped__'):
            return

        @functools.wraps(original)
        def patched(*args, **kwargs):
            return function(original, *args, **kwargs)

        is_static = isinstance(owner, type) and isinstance(owner.__dict__.get(name), staticmethod)
        setattr(owner, name, staticmethod(patched) if is_static else patched)

    return replace
