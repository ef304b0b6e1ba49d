"""The times a run was started, and its logs and pictures joined over them."""

import json
import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ..runner.dumped_config import read_dumped_config

RESUMED_FROM = re.compile(r'iter_(\d+)\.pth')
PICTURE = re.compile(r'(.+)_(\d+)')


class Attempt(NamedTuple):
    """One start of a run: a folder that mmengine named by the time."""

    name: str  # the time
    config: dict  # the config that it dumped; empty if there is none
    log: pd.DataFrame  # one row an iteration, one column a scalar; NaN where it was not logged
    pictures: dict[tuple[str, int], Path]  # PNG files by name and iteration
    unreadable: int  # lines of the log that are no JSON object with a step, as a kill or a full disk leaves them


def read_attempts(work_dir: Path) -> list[Attempt]:
    """All starts in a work dir, the first one first."""
    folders = sorted(path.parent for path in work_dir.glob('*/vis_data') if path.is_dir())
    return [attempt for folder in folders if (attempt := _read(folder)).config or len(attempt.log)]


def last_run(attempts: list[Attempt]) -> list[Attempt]:
    """The starts, of those that logged anything, since the last one that did not resume."""
    logged = [attempt for attempt in attempts if len(attempt.log)]
    first = max((index for index, attempt in enumerate(logged) if not attempt.config.get('resume', True)), default=0)
    return logged[first:]


def joined_log(attempts: list[Attempt]) -> pd.DataFrame:
    """One log over all starts: what a later one has done again replaces what an earlier one had done."""
    log = pd.DataFrame()
    for attempt in attempts:
        log = _one_row_a_step(pd.concat([log[log.index <= _kept(attempt)], attempt.log]))
    return log


def joined_pictures(attempts: list[Attempt]) -> dict[str, dict[int, Path]]:
    """PNG files by iteration, by name, over all starts, joined as the logs are."""
    pictures: dict[tuple[str, int], Path] = {}
    for attempt in attempts:
        pictures = {key: path for key, path in pictures.items() if key[1] <= _kept(attempt)} | attempt.pictures
    found: dict[str, dict[int, Path]] = {}
    for (name, step), path in sorted(pictures.items()):
        found.setdefault(name, {})[step] = path
    return found


def _kept(attempt: Attempt) -> int:
    """The last iteration before ``attempt`` resumed the run."""
    match = RESUMED_FROM.fullmatch(Path(attempt.config.get('load_from') or '').name)
    return int(match[1]) if match else min(attempt.log.index, default=0) - 1


def _one_row_a_step(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of one step made one; of each column, the last value."""
    return rows.groupby(level=0).last() if len(rows) else rows


def _read(folder: Path) -> Attempt:
    data = folder / 'vis_data'
    # mmengine's LocalVisBackend writes scalars.json, and the same metrics to a file with the name of the folder.
    file = next((path for name in ('scalars.json', f'{folder.name}.json') if (path := data / name).is_file()), None)
    log, unreadable = _read_log(file) if file else (pd.DataFrame(), 0)
    matches = [(PICTURE.fullmatch(path.stem), path) for path in (data / 'vis_image').glob('*.png')]
    pictures = {(match[1], int(match[2])): path for match, path in matches if match}
    return Attempt(folder.name, read_dumped_config(data / 'config.py'), log, pictures, unreadable)


def _read_log(path: Path) -> tuple[pd.DataFrame, int]:
    rows, steps, unreadable = [], [], 0
    for line in path.read_text(encoding='utf-8', errors='replace').splitlines():
        try:
            entry = json.loads(line)
            row = {name: float(value) for name, value in entry.items() if isinstance(value, (int, float))}
            steps.append(int(row.pop('step')))
            rows.append(row)
        except (ValueError, AttributeError, KeyError, OverflowError):  # cut in the middle, or no log line at all
            unreadable += 1
    return _one_row_a_step(pd.DataFrame(rows, index=steps)), unreadable
