"""What a run will do, how long it takes, and where its student ends, in words."""

import math
from pathlib import Path

from mmengine.config import Config

from ...utils import ConfigError, duration, read_json
from .config import read_config

GOOD = 0.9  # of the way from chance to the teacher
NEAR = 0.2  # of the way from chance to 100%
STILL_RISING = 1.0  # points of accuracy between the last two evaluations


def parts(config: Config) -> str:
    """What a run with prerequisites will do, and how long each part took where it has run before."""
    told = []
    for prerequisite in config.prerequisites:
        path, checkpoint = prerequisite['config'], Path(prerequisite['checkpoint'])
        told.append(
            f'{path}: ' + ('is there' if checkpoint.is_file() else _length(read_config(path), checkpoint.parent))
        )
    told.append(f'{config.filename}: {_length(config, Path(config.work_dir))}')
    lines = '\n'.join(f'{index}. {part}' for index, part in enumerate(told, 1))
    return f'{lines}\nEach part logs its remaining time as eta'


def _length(config: Config, work_dir: Path) -> str:
    """How many iterations a part has, and how long it took when it last ended in its folder."""
    length = f'{(config.get("train_cfg") or {}).get("max_iters", 0):,} iterations'
    try:
        summary = read_json(work_dir / 'summary.json', 'a summary')
        return (
            f'{length}, {duration(summary["total_seconds"])} for {summary["accuracy_curve"][-1][0]:,} when it last ran'
        )
    except (ConfigError, IndexError, KeyError):  # it has not run here, or was not evaluated
        return length


def near_chance(accuracy: float, classes: int) -> bool:
    """Whether a classifier knows so little of the images, in %, that it is used wrongly."""
    chance = 100 / classes
    return accuracy - chance < NEAR * (100 - chance)


def standing(summary: dict, classes: int | None, prior: bool) -> list[str]:
    """Where the student stands between chance and the teacher and, if it is low, what to try next.

    Args:
        summary (dict): Of a distillation, as :func:`genkd_mm.engine.runner.summary.summarize` returns it.
        classes (int | None): Their number.
        prior (bool): Whether the images came from a prior, which could be better.

    Returns:
        list[str]: Sentences; none if student or teacher was not evaluated.
    """
    student = summary.get('student_top1')
    teachers = [value for value in (summary.get('teacher_top1') or {}).values() if value is not None]
    if student is None or not teachers or not classes:
        return []
    teacher, chance = max(teachers), 100 / classes
    place = f'The student has {student:.1f}%, where chance has {chance:.1f}% and the teacher {teacher:.1f}%'
    if near_chance(teacher, classes):
        return [
            place,
            'The teacher is near chance on the evaluation set: its classes, normalisation or channel order are others '
            'than those of its training; settle this first',
        ]
    share = (student - chance) / (teacher - chance)
    sentences = [f'{place}: {math.floor(100 * share)}% of the way']  # 100% only at the teacher's accuracy
    if share < GOOD:
        curve = [point[-1] for point in summary['accuracy_curve']]
        rising = len(curve) < 2 or curve[-1] - curve[-2] > STILL_RISING
        if rising:
            sentences.append('It may still rise: try more iterations (train_cfg.max_iters)')
        elif prior:
            sentences.append(
                'More iterations will hardly help. Look at the chains (tools/sample.py): where a person cannot tell '
                'their classes, train the prior longer or with a larger energy; where they can, try a larger student'
            )
    return sentences
