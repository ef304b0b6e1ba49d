"""Train every setting of an ablation with every seed, and put the figures side by side.

An ablation is a small config: docs/ablations.md says how to write one. Runs that have finished are not made again, so
that the same command goes on after a kill, Ctrl-C, or a failure. The exit code is 0, 1 if a run failed, 2 at bad input,
130 or 143 after a signal.
"""

import argparse
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import genkd_mm  # noqa: F401  (applies genkd_mm.compat)
from genkd_mm.apis.ablation import files, grid, plan, processes, report
from genkd_mm.apis.ablation.processes import Stop
from genkd_mm.engine.runner.failures import check_writable
from genkd_mm.utils import ConfigError, exit_codes

PATIENCE_SECONDS = 30  # for the runs of an earlier call, which write a checkpoint before they end


def parse_args() -> argparse.Namespace:
    """What to run, and how much of it at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('ablation', help='ablation file, for example configs/ablations/window_digits.py')
    parser.add_argument(
        '--out', help='folder of runs, table.md and results.json; default ./work_dirs/ablations/ABLATION'
    )
    parser.add_argument(
        '--shared',
        help='folder of the runs that a seed shares, which several ablations can use one '
        'after the other; default OUT/shared',
    )
    parser.add_argument(
        '--jobs', type=int, default=1, help='runs side by side, among which the CPU threads are divided; default 1'
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument('--dry-run', action='store_true', help='show what would be run; start and write nothing')
    mode.add_argument('--report-only', action='store_true', help='make the table of what has finished; start nothing')
    return parser.parse_args()


def show_plan(planned: plan.Plan) -> None:
    """Every run, what sets it apart, and how far it is."""
    table = Table('run', 'setting', 'state')
    for job in planned.prerequisites:
        table.add_row(job.name, 'prerequisite', state(job))
    for run in planned.shared + planned.grid:
        labels = ', '.join(f'{axis} = {label}' for axis, label in run.setting.items())
        table.add_row(run.name, labels or 'shared by its seed', state(run.job))
    Console().print(table)


def state(job: processes.Job) -> str:
    """How far a run is."""
    if job.finished:
        return 'finished'
    return 'to resume' if (job.log.parent / 'last_checkpoint').is_file() else 'to run'


def run_all(planned: plan.Plan, folders: tuple[Path, Path], side_by_side: int, stop: Stop) -> dict[str, dict]:
    """Train what has not finished, one stage after the other; returns reason and log of each failure by name.

    Raises:
        ConfigError: If another call, or a run that one has started, is at work in one of the folders.
    """
    stages = [
        (planned.prerequisites, 1),
        ([run.job for run in planned.shared], side_by_side),
        ([run.job for run in planned.grid], side_by_side),
    ]
    jobs = {job.name: job for stage, _ in stages for job in stage}
    reasons: dict[str, str] = {}
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ExitStack() as stack:
        try:
            locks = [stack.enter_context(processes.exclusive(folder, PATIENCE_SECONDS)) for folder in folders]
        except BlockingIOError as error:
            raise ConfigError(
                f'{error.filename} is in use: another call, or a run that one has started, has not '
                'ended; wait for it, or name another folder'
            ) from error
        files.write_configs(planned.shared + planned.grid)
        progress = stack.enter_context(Progress(*columns, console=Console()))
        bar = progress.add_task('runs', total=len(jobs), completed=sum(job.finished for job in jobs.values()))

        def tell(event: str, job: processes.Job) -> None:
            progress.console.print(f'{event}: {job.name}', markup=False, highlight=False, soft_wrap=True)
            if event in ('finished', 'failed'):
                progress.advance(bar)

        for stage, number in stages:
            environment = processes.environment_for(max(1, torch.get_num_threads() // number))
            reasons |= processes.run_jobs(stage, number, environment, stop, locks, tell)
    logs = {name: str(jobs[name].log) if jobs[name].log.is_file() else None for name in reasons}  # none if not started
    return {name: dict(reason=reason, log=logs[name]) for name, reason in reasons.items()}


def ablate(args: argparse.Namespace) -> int:
    """Do what the arguments say; returns the exit code."""
    if args.jobs < 1:
        raise ConfigError(f'--jobs is {args.jobs}; expected 1 or more')
    ablation = grid.read_ablation(args.ablation)
    out = Path(args.out or Path('work_dirs', 'ablations', ablation.path.stem))
    shared = Path(args.shared or out / 'shared')
    if shared.resolve() == out.resolve():
        raise ConfigError(f'--shared and --out are both {str(out)!r}; name two folders')
    planned = plan.make_plan(ablation, out, shared)
    files.require_same_configs(planned.shared + planned.grid)
    if args.dry_run:
        show_plan(planned)
        return 0
    for folder in (out, shared):
        check_writable(str(folder))
    failures: dict[str, dict] = {}
    with Stop() as stop:
        if not args.report_only:
            failures = run_all(planned, (out, shared), args.jobs, stop)
        found = report.results(ablation, planned.grid, failures)
        report.write(found, out)
    print(f'\n{report.markdown(found)}\nThe table is in {out / "table.md"}, all figures in {out / "results.json"}')
    if stop.received:
        print(
            f'stopped by {signal.Signals(stop.received[0]).name}; the same command goes on where the runs were',
            file=sys.stderr,
        )
        return 128 + stop.received[0]
    return 1 if failures else 0


def main() -> None:
    """Run, or print one sentence and exit with 2 at bad input."""
    with exit_codes():
        sys.exit(ablate(parse_args()))


if __name__ == '__main__':
    main()
