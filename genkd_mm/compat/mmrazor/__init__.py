"""Patches for mmrazor."""
