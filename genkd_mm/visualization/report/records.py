"""A run as its work dir shows it, and runs of one config."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ...engine.runner.summary import METRIC
from ...utils import ConfigError
from .attempts import Attempt, joined_log, joined_pictures, last_run, read_attempts
from .configs import branch, identity
from .cut import of_a_cut_run


class Point(NamedTuple):
    """An evaluation: iteration, seconds and distinct images seen (None where unknown), top-1 in %."""

    iteration: float
    seconds: float | None
    images: float | None
    top1: float


@dataclass
class Record:
    """A run.

    Attributes:
        path (Path): The work dir.
        name (str): Its shortest name among the runs of the page.
        config_name (str): The config file without folder and suffix.
        config (dict): The dumped config, empty if there is none.
        complete (bool): Whether summary.json is there and belongs to the latest log.
        state (str): That in words.
        figures (dict): summary.json; of a run that was cut, what its last checkpoint and its log tell.
        log (dict): Logged figures by name, by iteration.
        curve (list[Point]): Evaluations.
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
    log: dict[int, dict[str, float]]
    curve: list[Point]
    pictures: dict[str, dict[int, Path]]
    notes: list[str] = field(default_factory=list)

    @property
    def top1(self) -> float | None:
        """The student's accuracy, or that of the network itself if nothing was distilled."""
        return self.figures.get('student_top1', self.figures.get('top1'))


def read_records(paths: list[str]) -> list[Record]:
    """The runs in some work dirs; folders that hold none, such as ``work_dirs/teachers``, are left out.

    Raises:
        ConfigError: If one is no folder, or is named twice, or none holds a run.
    """
    folders = [Path(path) for path in paths]
    real = [folder.resolve() for folder in folders]
    for index, folder in enumerate(real):
        if folder in real[:index]:
            raise ConfigError(f'{paths[index]!r} is given twice; name each work dir once')
    records = [record for folder in folders if (record := read_record(folder))]
    if not records:
        raise ConfigError(
            f'{paths[0]!r} has neither a summary.json nor a */vis_data; give a work dir of tools/train.py'
        )
    for record, name in zip(records, short_names([record.path.resolve() for record in records])):
        record.name = name
    return records


def short_names(paths: list[Path]) -> list[str]:
    """For each path as many of its last parts as tell it from the others."""
    for length in range(1, max(len(path.parts) for path in paths) + 1):
        names = ['/'.join(path.parts[-length:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in paths]


def read_record(work_dir: Path) -> Record | None:
    """The run in a work dir, or None if the folder holds none.

    Raises:
        ConfigError: If it is no folder, or its summary.json is no JSON object.
    """
    if not work_dir.is_dir():
        raise ConfigError(f'{str(work_dir)!r} is no folder; give a work dir of tools/train.py')
    attempts = read_attempts(work_dir)
    summary = read_summary(work_dir / 'summary.json')
    if not attempts and summary is None:
        return None
    own = last_run(attempts)
    log = joined_log(own)
    complete = summary is not None and belongs(summary, log)
    notes = told(attempts, own, summary, complete)
    config = next((attempt.config for attempt in reversed(own or attempts) if attempt.config), {})
    figures = dict(summary) if complete else of_a_cut_run(work_dir, own, config, log, notes)
    curve = evaluations(figures.get('accuracy_curve'), log)
    if complete and curve and curve[-1].images is None:  # some algorithms count at the end alone
        curve[-1] = curve[-1]._replace(images=figures.get('pseudo_samples'))
    return Record(
        work_dir,
        work_dir.name,
        config_name(work_dir, figures),
        config,
        complete,
        state(complete, config, log),
        figures,
        log,
        curve,
        joined_pictures(own or attempts),
        notes,
    )


def read_summary(path: Path) -> dict | None:
    """summary.json, or None if it is not there.

    Raises:
        ConfigError: If it is no JSON object.
    """
    if not path.is_file():
        return None
    try:
        summary = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f'{str(path)!r} cannot be read as JSON ({error}); remove it to have the run shown from its logs'
        ) from error
    if not isinstance(summary, dict):
        raise ConfigError(f'{str(path)!r} holds a {type(summary).__name__}; expected a JSON object')
    return summary


def belongs(summary: dict, log: dict) -> bool:
    """Whether the summary is of the run that logged last: mmengine's loops end with an evaluation.

    An older summary stays in the work dir while a new or resumed run is on its way.
    """
    points = evaluations(summary.get('accuracy_curve'), {})
    return not points or not log or points[-1].iteration == max(log)


def evaluations(recorded, log: dict[int, dict[str, float]]) -> list[Point]:
    """Recorded points of accuracy, and those that only the log has, whose time is not known."""
    rows = [row for row in recorded or () if isinstance(row, (list, tuple)) and len(row) == 4]
    points = {row[0]: Point(*row) for row in rows if is_number(row[0]) and is_number(row[3])}
    logged = {step: Point(step, None, None, figures[METRIC]) for step, figures in log.items() if METRIC in figures}
    return [point for _, point in sorted((logged | points).items())]


def is_number(value) -> bool:
    """Whether ``value`` is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def told(attempts: list[Attempt], own: list[Attempt], summary: dict | None, complete: bool) -> list[str]:
    """What a reader must know about a run that was not made in one go."""
    notes = []
    earlier = sum(bool(attempt.log) for attempt in attempts) - len(own)
    if earlier:
        notes.append(
            f'{earlier} earlier start(s) in this folder are of other runs, which were not resumed, and are left out.'
        )
    if len(own) > 1:
        notes.append(
            f'The run was resumed {len(own) - 1} time(s); its logs are joined, and iterations that were done '
            'twice are shown once.'
        )
    if summary is not None and not complete:
        notes.append('summary.json does not belong to the latest log and is left out.')
    unreadable = sum(attempt.unreadable for attempt in own)
    if unreadable:
        notes.append(f'{unreadable} line(s) of the log cannot be read and are left out.')
    return notes


def config_name(work_dir: Path, figures: dict) -> str:
    """The config's name: the summary's, else that of the config that mmengine copied into the work dir."""
    if figures.get('config'):
        return Path(str(figures['config'])).stem
    copies = sorted(work_dir.glob('*.py'), key=lambda path: path.stat().st_mtime)
    return copies[-1].stem if copies else work_dir.resolve().name


def state(complete: bool, config: dict, log: dict) -> str:
    """Whether the run has come to its end, in words."""
    if complete:
        return 'complete'
    planned = branch(config, 'train_cfg').get('max_iters')
    reached = f'up to iteration {max(log)}' if log else 'before anything was logged'
    return f'cut or still running, {reached}' + (f' of {planned}' if planned and log else '')


def groups_of(records: list[Record]) -> list[list[Record]]:
    """Runs of one config, told apart by their seeds.

    They may have a teacher and a prior for each seed; runs of one seed with different checkpoints are not of one group.
    """

    def grouped(items: list[Record], checkpoints: bool) -> list[list[Record]]:
        found: dict[tuple, list[Record]] = {}
        for record in items:
            found.setdefault((record.config_name, identity(record.config, checkpoints)), []).append(record)
        return list(found.values())

    groups = []
    for group in grouped(records, checkpoints=False):
        seeds = [record.figures.get('seed') for record in group]
        groups += [group] if len(set(seeds)) == len(seeds) else grouped(group, checkpoints=True)
    return groups
