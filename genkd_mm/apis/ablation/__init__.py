"""The parts of tools/ablate.py: the grid, the configs, the processes, the report."""
