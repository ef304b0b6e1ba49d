"""Curves, grids, scatter plots and pages."""
