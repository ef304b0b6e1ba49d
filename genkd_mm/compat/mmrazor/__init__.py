"""Patches for mmrazor."""

from . import algorithms, crd, distillers, losses, quantization


def apply() -> None:
    """Apply every patch for mmrazor; the placeholder comes first, since the others import mmrazor."""
    for module in (quantization, algorithms, distillers, losses, crd):
        module.apply()
