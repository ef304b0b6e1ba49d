"""Evaluations of sample sets, and the students that were trained on them."""

import os
from pathlib import Path
from typing import NamedTuple

from ...structures.record import Record, is_number
from ...utils import ConfigError, read_json
from ...utils.settings import setting
from ..sample_quality import SHOWN, Run, points

NEEDED = ('samples', 'number', 'features', 'data')


class Evaluation(NamedTuple):
    """A quality.json of tools/evaluate_samples.py."""

    name: str  # of the folder of samples
    quality: dict  # its content
    picture: Path | None  # the PNG of samples beside it
    records: list[Record]  # runs that were trained on the samples, else those whose checkpoint drew them


def read_evaluations(paths: list[str], records: list[Record]) -> list[Evaluation]:
    """Read the files and find the runs that belong to each."""
    evaluations = []
    for path in paths:
        quality = read_json(path, 'quality.json of tools/evaluate_samples.py')
        missing = [key for key in NEEDED if key not in quality]
        if missing:
            raise ConfigError(f'{path!r} has no {missing[0]!r}; give quality.json of tools/evaluate_samples.py')
        folder = str(quality['samples'])
        picture = Path(path).parent / 'samples.png'
        roots = [setting(record.config, 'train_dataloader.dataset.data_root') for record in records]
        runs = [record for record, root in zip(records, roots) if root and same(str(root), folder)]
        runs = runs or [record for record in records if drew(record, folder)]
        evaluations.append(Evaluation(Path(folder).name, quality, picture if picture.is_file() else None, runs))
    return evaluations


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
            if record.complete and is_number(record.metrics.get('student_top1')):
                found.append(Run(f'{evaluation.name}, student {record.name}', evaluation.quality, record.metrics))
    return found


def scatters(runs: list[Run]) -> dict[str, list[tuple[float, float]]]:
    """(metric, student's top-1) of each run, for every metric that all of them have measured."""
    measured = [metric for metric in SHOWN if all(is_number(run.quality.get(metric)) for run in runs)]
    return {metric: points(runs, metric) for metric in measured} if runs else {}
