"""CIFAR-10 from start to end within a budget of minutes: teacher, prior, GenKD, DAFL, ZSKT, DeepInversion-style.

    python tools/reproduce_cifar10.py 30

ResNet-34 teaches ResNet-18. The budget is shared out by fixed parts; a short run of each config tells how many
iterations fit into its part, at most as many as the config itself has. Every run is a config of this repository with
its schedules in proportion. What is there is not made again, and a run that was cut goes on where it stopped, so that
the same command can be given again after anything. The student's accuracy is then measured once more by tools/test.py.
"""

import argparse
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from genkd_mm.apis.compare import fitted, run
from genkd_mm.apis.test import evaluate
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.utils import ConfigError, TrainingError, exit_codes

ROOT = Path(__file__).parents[1]
# The methods share what the owner's side leaves.
PARTS = {
    'teachers/resnet34_cifar10.py': 0.25,
    'priors/jem_wrn28x10_cifar10.py': 0.35,
    'genkd_cifar10.py': 0.1,
    'baselines/dafl_cifar10.py': 0.1,
    'baselines/zskt_cifar10.py': 0.1,
    'baselines/deepinversion_cifar10.py': 0.1,
}
TEACHER, PRIOR, *METHODS = PARTS
COLUMNS = (
    ('top-1, %', 'student_top1', '.2f'),
    ('teacher, %', 'teacher_top1', '.2f'),
    ('pseudo samples', 'pseudo_samples', ',.0f'),
    ('generation, s', 'generation_seconds', ',.0f'),
    ('student, s', 'student_seconds', ',.0f'),
    ('total, s', 'total_seconds', ',.0f'),
)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument('minutes', type=float, help='budget of all runs together')
    result.add_argument('--out', default='work_dirs/reproduce_cifar10', help='folder of the runs; default %(default)s')
    result.add_argument(
        '--configs',
        default=str(ROOT / 'configs'),
        help='folder with configs of the same names, say with smaller networks; default configs/',
    )
    return result


def checkpoints(name: str, out: Path) -> dict[str, object]:
    """Overrides that let a config take its teacher and prior from ``out``."""
    if name in (TEACHER, PRIOR):
        return {}
    overrides: dict[str, object] = {
        'prerequisites': [],
        'model.teachers.teacher.ckpt_path': str(out / Path(TEACHER).stem / 'final.pth'),
    }
    if name == 'genkd_cifar10.py':
        overrides['model.generator.init_cfg.checkpoint'] = str(out / Path(PRIOR).stem / 'final.pth')
    return overrides


def confirm(work_dir: Path, config: str, top1: float) -> None:
    """Measure a student once more, as tools/test.py does.

    Raises:
        TrainingError: If its accuracy is not that which the run has reported.
    """
    settings = load_config(str(work_dir / config), work_dir=str(work_dir / 'test'))
    found = evaluate(settings, str(work_dir / 'final.pth'))['accuracy/top1']
    if abs(found - top1) > 0.01:
        raise TrainingError(f'{work_dir}/final.pth was reported at {top1}% but tests at {found}%; was it replaced?')


def table(summaries: dict[str, dict]) -> Table:
    """One row a method; its accuracy is that of the last evaluation."""
    result = Table('config', *(title for title, _, _ in COLUMNS), title='CIFAR-10, ResNet-34 to ResNet-18')
    for name, summary in summaries.items():
        values = {**summary, 'teacher_top1': summary['teacher_top1']['teacher']}
        result.add_row(name, *('-' if values[key] is None else format(values[key], form) for _, key, form in COLUMNS))
    return result


def main() -> None:
    """Run what is missing, confirm, print; one sentence and exit with 2 at bad input, with 1 if a run fails."""
    args = parser().parse_args()
    console, out, summaries = Console(), Path(args.out), {}
    with exit_codes():
        if not args.minutes > 0:
            raise ConfigError(f'The budget is {args.minutes} minutes; expected more than 0')
        out.mkdir(parents=True, exist_ok=True)
        with process_group('none'):
            for name, share in PARTS.items():
                started, config, work_dir = time.monotonic(), str(Path(args.configs, name)), out / Path(name).stem
                overrides = fitted(config, share * args.minutes, out / 'plan.json', checkpoints(name, out), True)
                summary = summaries[name] = run(config, work_dir, overrides)
                console.print(
                    f'{name}: {time.monotonic() - started:.0f} s now, {summary["total_seconds"]:.0f} s of '
                    f'training, {overrides["train_cfg.max_iters"]} iterations'
                )
            for name in METHODS:
                confirm(out / Path(name).stem, Path(name).name, summaries[name]['student_top1'])
        console.print(table({name: summaries[name] for name in METHODS}))


if __name__ == '__main__':
    main()
