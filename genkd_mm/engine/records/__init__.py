"""What runs have left in their work dirs: summaries, logs, dumped configs, checkpoints and pictures."""

from .records import read_records

__all__ = ['read_records']
