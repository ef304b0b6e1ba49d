"""Time to accuracy: GenKD beside methods that see the teacher alone; same teacher, student and evaluation."""
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRIORS = dict(digits='jem_wrn10x1_digits', fashion_mnist='jem_small_conv_net_fashion_mnist')
METHODS = ('genkd', 'dafl', 'zskt', 'deepinversion')


def summary(config: str, work_dir: Path) -> dict:
    """The summary of a run; one that is there is not made again, one that was cut short goes on.

    Raises:
        subprocess.CalledProcessError: If the run fails; its output is above.
    """
    path = work_dir / 'summary.json'
    if not path.is_file():
        subprocess.run([sys.executable, str(ROOT / 'tools' / 'train.py'), str(ROOT / 'configs' / config), '--resume',
                        '--work-dir', str(work_dir)], check=True, stdout=subprocess.DEVNULL)
    return json.loads(path.read_text())


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
    runs = {name: summary(config, Path('work_dirs', Path(config).stem)) for name, config in configs.items()}
    prior_path = Path('work_dirs', 'priors', PRIORS[data], 'summary.json')
    prior_seconds = json.loads(prior_path.read_text())['total_seconds']
    rival = max(('dafl', 'zskt'), key=lambda name: runs[name]['student_top1'])
    target, rival_seconds = runs[rival]['student_top1'], runs[rival]['total_seconds']
    genkd_seconds = reached(runs['genkd']['accuracy_curve'], target)
    return dict(
        teacher_top1=runs['genkd']['teacher_top1']['teacher'],
        methods={name: dict(student_top1=run['student_top1'], seconds=run['total_seconds'],
                            curve=run['accuracy_curve']) for name, run in runs.items()},
        prior_seconds=prior_seconds, better_of_dafl_and_zskt=rival, its_top1=target,
        genkd_seconds_to_its_top1=genkd_seconds,
        genkd_over_rival=None if genkd_seconds is None else genkd_seconds / rival_seconds,
        genkd_and_prior_over_rival=None if genkd_seconds is None else (genkd_seconds + prior_seconds) / rival_seconds)
