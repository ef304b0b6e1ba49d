"""A run as its work dir shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # training needs no pandas
    import pandas as pd


@dataclass
class Record:
    """A run as its work dir shows it.

    Attributes:
        path (Path): The work dir.
        name (str): Its shortest name among the runs of a page.
        config_name (str): The config file without folder and suffix.
        config (dict): The dumped config, empty if there is none.
        complete (bool): Whether summary.json is there and belongs to the latest log.
        state (str): That in words.
        figures (dict): summary.json; of a run that was cut, what its last checkpoint and its log tell.
        log (DataFrame): One row an iteration, one column a scalar; NaN where it was not logged.
        curve (DataFrame): One row an evaluation: ``iteration``, ``seconds`` and distinct ``images`` seen (NaN where
            unknown), ``top1`` in %.
        pictures (dict): PNG files by iteration, by name.
        notes (list[str]): What a reader must know about these.
    """

    path: Path
    name: str
    config_name: str
    config: dict
    complete: bool
    state: str
    figures: dict
    log: pd.DataFrame
    curve: pd.DataFrame
    pictures: dict[str, dict[int, Path]]
    notes: list[str] = field(default_factory=list)

    @property
    def top1(self) -> float | None:
        """The student's accuracy, or that of the network itself if nothing was distilled."""
        return self.figures.get('student_top1', self.figures.get('top1'))


def setting(config: Any, key: str) -> Any:
    """The value of a config at a key with dots; None if there is none."""
    for part in key.split('.'):
        config = config.get(part) if isinstance(config, dict) else None
    return config


def is_number(value: object) -> bool:
    """Whether ``value`` is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
