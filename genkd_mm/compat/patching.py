"""Replacing a function of an upstream package."""

import functools
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any


def patches(owner: Any, name: str) -> Callable[[Callable], None]:
    """Decorator: calls of ``owner.name`` go to the decorated function, with the original as its first argument.

    The original stays in ``__wrapped__``. A patch that has been applied already is not applied again; two different
    ones may be applied to one function.

    Args:
        owner (Any): A module or a class.
        name (str): The function's name in it.
    """

    def replace(function: Callable) -> None:
        original, patch = getattr(owner, name), f'{function.__module__}.{function.__qualname__}'
        if patch in _applied(original):
            return

        @functools.wraps(original)
        def patched(*args, **kwargs):
            return function(original, *args, **kwargs)

        patched.__patch__ = patch  # type: ignore[attr-defined]
        is_static = isinstance(owner, type) and isinstance(owner.__dict__.get(name), staticmethod)
        setattr(owner, name, staticmethod(patched) if is_static else patched)

    return replace


def _applied(function: Callable | None) -> set[str]:
    """The names of the patches of a function."""
    names = set()
    while function is not None:
        names.add(getattr(function, '__patch__', ''))
        function = getattr(function, '__wrapped__', None)
    return names


def apply_patches(module: ModuleType) -> None:
    """Call every public function of a module, in the order of the file: each is a patch, or a check of versions."""
    for name, function in [*vars(module).items()]:
        if isinstance(function, FunctionType) and function.__module__ == module.__name__ and name[0] != '_':
            function()
