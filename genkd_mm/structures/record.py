"""A run as its work dir shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # training needs no pandas
    import pandas as pd


@dataclass
class Record:
    """A run as its work dir shows it."""

    path: Path  # the work dir
    name: str  # its shortest name among the runs of a page
    config_name: str  # the config file without folder and suffix
    config: dict  # the dumped config, empty if there is none
    complete: bool  # whether summary.json is there and belongs to the latest log
    state: str  # that in words
    metrics: dict  # summary.json; of a run that was cut, what its last checkpoint and its log tell
    log: pd.DataFrame  # one row an iteration, one column a scalar; NaN where it was not logged
    # one row an evaluation: ``iteration``, ``seconds`` and distinct ``images`` seen (NaN where unknown), ``top1``
    # in %
    curve: pd.DataFrame
    pictures: dict[str, dict[int, Path]]  # PNG files by iteration, by name
    notes: list[str] = field(default_factory=list)  # what a reader must know about these

    @property
    def top1(self) -> float | None:
        """The student's accuracy, or that of the network itself if nothing was distilled."""
        return self.metrics.get('student_top1', self.metrics.get('top1'))


def is_number(value: object) -> bool:
    """Whether ``value`` is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
