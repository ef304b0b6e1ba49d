"""Run configs for the same wall time, each for some seeds: the comparison of methods on equal terms.

A first, short run of each config tells the seconds of its iterations; its length and its schedules are set by them, and
kept in OUT/plan.json for all its seeds. Runs are made one after the other, each in OUT/NAME_seedN; what is there is not
made again, and a run that was cut goes on where it stopped. Teacher and prior are those that the configs name.
"""

import argparse
import itertools
from pathlib import Path

from mmengine.config import DictAction
from rich.console import Console

from genkd_mm.apis.compare import fitted, run
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.utils import ConfigError, exit_codes


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument('configs', nargs='+', help='config files')
    result.add_argument('--minutes', type=float, required=True, help='wall time of a run without its evaluations')
    result.add_argument('--seeds', type=int, nargs='+', default=[0], help='randomness.seed of the runs; default 0')
    result.add_argument('--out', required=True, help='folder of the runs')
    result.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='override config keys of every run',
    )
    return result


def main() -> None:
    """Run what is missing; one sentence and exit with 2 at bad input, with 1 if a run fails."""
    args = parser().parse_args()
    console, out = Console(), Path(args.out)
    with exit_codes():
        if not args.minutes > 0:
            raise ConfigError(f'--minutes is {args.minutes}; expected more than 0')
        for config in args.configs:  # or raises, before anything is made
            load_config(config, args.cfg_options)
        out.mkdir(parents=True, exist_ok=True)
        with process_group('none'):
            for seed, config in itertools.product(args.seeds, args.configs):
                overrides = fitted(config, args.minutes, out / 'plan.json', args.cfg_options)
                work_dir = out / f'{Path(config).stem}_seed{seed}'
                summary = run(config, work_dir, {**overrides, 'randomness.seed': seed})
                console.print(
                    f'{work_dir.name}: {summary.get("student_top1", summary.get("top1"))}% after '
                    f'{summary["total_seconds"]:.0f} s'
                )


if __name__ == '__main__':
    main()
