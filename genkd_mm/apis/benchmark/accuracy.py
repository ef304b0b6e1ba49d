"""Time to accuracy: GenKD beside methods that see the teacher alone; same teacher, student and evaluation."""

import json
from pathlib import Path

from ...engine.runner.launch import process_group
from ...utils import shipped
from ..compare import run

CONFIGS = shipped('configs')
PRIORS = dict(digits='energy_matching_digits', fashion_mnist='energy_matching_fashion_mnist')
METHODS = ('genkd', 'dafl', 'zskt', 'deepinversion')


def reached(curve: list[list], top1: float) -> float | None:
    """Seconds until the first evaluation at ``top1`` % or more; None if there was none."""
    return next((seconds for _, seconds, _, accuracy in curve if accuracy >= top1), None)


def measure(data: str) -> dict:
    """Last accuracy and seconds of each method, and when GenKD passes the better of DAFL and ZSKT.

    Runs are those of the configs, in ``work_dirs/``, one after the other; teacher and prior are shared. A GenKD run
    counts from its start, evaluations included; the prior's training is told apart.

    Args:
        data (str): ``digits`` or ``fashion_mnist``.
    """
    configs = {name: f'genkd_{data}.py' if name == 'genkd' else f'baselines/{name}_{data}.py' for name in METHODS}
    with process_group('none'):
        runs = {
            name: run(str(CONFIGS / config), Path('work_dirs', Path(config).stem), {})
            for name, config in configs.items()
        }
    prior_path = Path('work_dirs', 'priors', PRIORS[data], 'summary.json')
    prior_seconds = json.loads(prior_path.read_text(encoding='utf-8'))['total_seconds']
    rival = max(('dafl', 'zskt'), key=lambda name: runs[name]['student_top1'])
    target, rival_seconds = runs[rival]['student_top1'], runs[rival]['total_seconds']
    genkd_seconds = reached(runs['genkd']['accuracy_curve'], target)
    return dict(
        teacher_top1=runs['genkd']['teacher_top1']['teacher'],
        methods={
            name: dict(student_top1=run['student_top1'], seconds=run['total_seconds'], curve=run['accuracy_curve'])
            for name, run in runs.items()
        },
        prior_seconds=prior_seconds,
        better_of_dafl_and_zskt=rival,
        its_top1=target,
        genkd_seconds_to_its_top1=genkd_seconds,
        genkd_over_rival=None if genkd_seconds is None else genkd_seconds / rival_seconds,
        genkd_and_prior_over_rival=None if genkd_seconds is None else (genkd_seconds + prior_seconds) / rival_seconds,
    )
