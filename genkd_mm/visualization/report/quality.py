"""Evaluations of sample sets, and the students that were trained on them."""

import os
from pathlib import Path
from typing import NamedTuple

from ...structures.record import Record, is_number, setting
from ...utils import ConfigError, read_json
from ..quality_table import SHOWN
from ..scatter import Run, points

NEEDED = ('samples', 'number', 'features', 'data')


class Evaluation(NamedTuple):
    """A quality.json of tools/evaluate_samples.py.

    Attributes:
        name (str): Of the folder of samples.
        quality (dict): Its content.
        picture (Path | None): The PNG of samples beside it.
        records (list[Record]): Runs that were trained on the samples, else those whose checkpoint drew them.
    """

    name: str
    quality: dict
    picture: Path | None
    records: list[Record]


def read_evaluations(paths: list[str], records: list[Record]) -> list[Evaluation]:
    """Read the files and find the runs that belong to each.

    Raises:
        ConfigError: If a file is no quality.json.
    """
    evaluations = []
    for path in paths:
        quality = read_json(path, 'quality.json of tools/evaluate_samples.py')
        missing = [key for key in NEEDED if key not in quality]
        if missing:
            raise ConfigError(f'{path!r} has no {missing[0]!r}; give quality.json of tools/evaluate_samples.py')
        folder = str(quality['samples'])
        picture = Path(path).parent / 'samples.png'
        runs = [record for record in records if trained_on(record, folder)]
        runs = runs or [record for record in records if drew(record, folder)]
        evaluations.append(Evaluation(Path(folder).name, quality, picture if picture.is_file() else None, runs))
    return evaluations


def trained_on(record: Record, folder: str) -> bool:
    """Whether the run's training set is that folder."""
    root = setting(record.config, 'train_dataloader.dataset.data_root')
    return bool(root) and same(str(root), folder)


def drew(record: Record, folder: str) -> bool:
    """Whether the samples, if they are here, were drawn from a checkpoint in the run's work dir."""
    metadata = Path(folder, 'metadata.json')
    checkpoint = (
        read_json(metadata, 'metadata.json of tools/sample.py').get('checkpoint') if metadata.is_file() else None
    )
    return bool(checkpoint) and same(str(Path(str(checkpoint)).parent), str(record.path))


def same(one: str, other: str) -> bool:
    """Whether two paths, as two commands in one folder had them, are the same."""
    return os.path.normpath(one) == os.path.normpath(other) or Path(one).resolve() == Path(other).resolve()


def pairs(evaluations: list[Evaluation]) -> list[Run]:
    """One run for each complete student of a sample set."""
    found = []
    for evaluation in evaluations:
        for record in evaluation.records:
            if record.complete and is_number(record.figures.get('student_top1')):
                found.append(Run(f'{evaluation.name}, student {record.name}', evaluation.quality, record.figures))
    return found


def scatters(runs: list[Run]) -> dict[str, list[tuple[float, float]]]:
    """(figure, student's top-1) of each run, for every figure that all of them have measured.

    Raises:
        ConfigError: If the sample sets were measured in different ways.
    """
    measured = [figure for figure in SHOWN if all(is_number(run.quality.get(figure)) for run in runs)]
    return {figure: points(runs, figure) for figure in measured} if runs else {}
