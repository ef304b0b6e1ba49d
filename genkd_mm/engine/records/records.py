"""Reading the runs in work dirs."""

from pathlib import Path

import pandas as pd

from ...structures.record import Record, is_number
from ...utils import ConfigError, read_json
from ...utils.settings import setting
from ..runner.summary import top1_name
from .attempts import Attempt, joined_log, joined_pictures, last_run, read_attempts
from .cut import of_a_cut_run

CURVE = ['iteration', 'seconds', 'images', 'top1']


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
    """For each path, as many of its last parts as make it unique."""
    for length in range(1, max(len(path.parts) for path in paths) + 1):
        names = ['/'.join(path.parts[-length:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in paths]


def read_record(work_dir: Path) -> Record | None:
    """The run in a work dir, or None if the folder holds none."""
    if not work_dir.is_dir():
        raise ConfigError(f'{str(work_dir)!r} is no folder; give a work dir of tools/train.py')
    attempts = read_attempts(work_dir)
    path = work_dir / 'summary.json'
    summary = read_json(path, 'that of a run, or remove it to see the run from its log') if path.is_file() else None
    if not attempts and summary is None:
        return None
    own = last_run(attempts)
    log = joined_log(own)
    complete = summary is not None and belongs(summary, log)
    notes = told(attempts, own, summary, complete)
    config = next((attempt.config for attempt in reversed(own or attempts) if attempt.config), {})
    metrics = dict(summary) if complete else of_a_cut_run(work_dir, own, config, log, notes)
    curve = evaluations(metrics.get('accuracy_curve'), log)
    if complete and len(curve) and curve['images'].isna().iloc[-1]:  # some algorithms count at the end alone
        curve.loc[curve.index[-1], 'images'] = metrics.get('pseudo_samples')
    return Record(
        work_dir,
        work_dir.name,
        config_name(work_dir, metrics),
        config,
        complete,
        state(complete, config, log),
        metrics,
        log,
        curve,
        joined_pictures(own or attempts),
        notes,
    )


def belongs(summary: dict, log: pd.DataFrame) -> bool:
    """Whether the summary is of the run that logged last: mmengine's loops end with an evaluation.

    An older summary stays in the work dir while a new or resumed run is on its way.
    """
    points = evaluations(summary.get('accuracy_curve'), pd.DataFrame())
    return points.empty or log.empty or points['iteration'].iloc[-1] == log.index[-1]


def evaluations(recorded: object, log: pd.DataFrame) -> pd.DataFrame:
    """Recorded points of accuracy, and those that only the log has, whose seconds and images are not known."""
    rows = [row for row in recorded if isinstance(row, (list, tuple))] if isinstance(recorded, list) else []
    rows = [row for row in rows if len(row) == len(CURVE) and is_number(row[0]) and is_number(row[-1])]
    points = pd.DataFrame(rows, columns=CURVE).apply(pd.to_numeric, errors='coerce')
    tag = top1_name(log.columns)
    if tag:
        logged = log[tag].dropna().rename_axis('iteration').rename('top1').reset_index()
        points = pd.concat([points, logged]).drop_duplicates('iteration')
    return points.sort_values('iteration', ignore_index=True)


def told(attempts: list[Attempt], own: list[Attempt], summary: dict | None, complete: bool) -> list[str]:
    """What a reader must know about a run that was interrupted."""
    notes = []
    earlier = sum(len(attempt.log) > 0 for attempt in attempts) - len(own)
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


def config_name(work_dir: Path, metrics: dict) -> str:
    """The config's name: the summary's, else that of the config that mmengine copied into the work dir."""
    if metrics.get('config'):
        return Path(str(metrics['config'])).stem
    copies = sorted(work_dir.glob('*.py'), key=lambda path: path.stat().st_mtime)
    return copies[-1].stem if copies else work_dir.resolve().name


def state(complete: bool, config: dict, log: pd.DataFrame) -> str:
    """The state of the run, in words."""
    if complete:
        return 'complete'
    if log.empty:
        return 'cut or still running, before anything was logged'
    planned = setting(config, 'train_cfg.max_iters')
    return f'cut or still running, up to iteration {log.index[-1]}' + (f' of {planned}' if planned else '')
