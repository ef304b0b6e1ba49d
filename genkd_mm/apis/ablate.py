"""Train every setting of an ablation with every seed, and put the metrics side by side."""

import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..engine.runner.failures import check_writable
from ..utils import ConfigError
from ..visualization.tables import print_table
from .ablation import grid, plan, processes, report

PATIENCE_SECONDS = 30  # for the runs of an earlier call, which write a checkpoint before they end


def ablate(
    ablation: str | Path,
    out: str | Path | None = None,
    shared: str | Path | None = None,
    jobs: int = 1,
    dry_run: bool = False,
    report_only: bool = False,
) -> dict | None:
    """Train every setting with every seed, each in its own process, and write a table, a plot and ``results.json``.

    Finished runs are not made again, so the same call resumes after a kill, Ctrl-C, or a failure.

    Args:
        ablation (str | Path): An ablation file, for example configs/ablations/window_digits.py.
        out (str | Path, optional): Folder of runs and tables. Defaults to ./work_dirs/ablations/NAME.
        shared (str | Path, optional): Folder of the runs that a seed shares, which several ablations can use one after
            the other. Defaults to OUT/shared.
        jobs (int): Runs side by side, among which the CPU threads are divided. Defaults to 1.
        dry_run (bool): Print the plan; start and write nothing. Defaults to False.
        report_only (bool): Write the table of what has finished; start nothing. Defaults to False.

    Returns:
        dict: As :func:`genkd_mm.apis.ablation.report.results`; its ``failures`` is empty if all runs have finished.
        None with ``dry_run``.

    Raises:
        ConfigError: At bad input, or if another call is at work in one of the folders.
        SystemExit: With 130 or 143 after Ctrl-C or SIGTERM, or 141 when the output is closed, as by ``| head``; the
            runs have then written their checkpoints.
    """
    if jobs < 1:
        raise ConfigError(f'--jobs is {jobs}; expected 1 or more')
    read = grid.read_ablation(ablation)
    out = Path(out or Path('work_dirs', 'ablations', read.path.stem))
    shared = Path(shared or out / 'shared')
    if shared.resolve() == out.resolve():
        raise ConfigError(f'--shared and --out are both {str(out)!r}; name two folders')
    planned = plan.make_plan(read, out, shared)
    plan.require_same_configs(planned.runs)
    if dry_run:
        show_plan(planned)
        return None
    for folder in (out, shared):
        check_writable(str(folder))
    with processes.Stop() as stop:
        failures = {} if report_only else run_all(planned, (out, shared), jobs, stop)
        found = report.results(read, planned.grid, failures)
        report.write(found, out)
    print(f'\n{report.markdown(found)}\nThe table is in {out / "table.md"}, all metrics in {out / "results.json"}')
    if stop.received:
        name = signal.Signals(stop.received[0]).name
        print(f'stopped by {name}; the same command resumes', file=sys.stderr)
        sys.exit(128 + stop.received[0])
    return found


def show_plan(planned: plan.Plan) -> None:
    """Every run, what sets it apart, and how far it is."""
    rows = [(job.name, 'prerequisite', job.state) for job in planned.prerequisites]
    for run in planned.runs:
        labels = ', '.join(f'{axis} = {label}' for axis, label in run.setting.items())
        rows.append((run.name, labels or 'shared by its seed', run.job.state))
    print_table(('run', 'setting', 'state'), rows)


def run_all(planned: plan.Plan, folders: tuple[Path, Path], side_by_side: int, stop: processes.Stop) -> dict[str, dict]:
    """Train what has not finished, one stage after the other; returns reason and log of each failure by name."""
    stages = [
        (planned.prerequisites, 1),
        *(([run.job for run in runs], side_by_side) for runs in planned.shared),
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
        plan.write_configs(planned.runs)
        progress = stack.enter_context(Progress(*columns, console=Console()))
        bar = progress.add_task('runs', total=len(jobs), completed=sum(job.finished for job in jobs.values()))

        def tell(event: str, job: processes.Job) -> None:
            try:
                progress.console.print(f'{event}: {job.name}', markup=False, highlight=False, soft_wrap=True)
            except SystemExit:  # rich's end of a program whose output is closed, which would wait for the other runs
                if not stop.received:
                    stop.receive(signal.SIGPIPE)
            if event in ('finished', 'failed'):
                progress.advance(bar)

        for stage, number in stages:
            environment = processes.environment_for(number, torch.get_num_threads())
            reasons |= processes.run_jobs(stage, number, environment, stop, locks, tell)
    logs = {name: str(jobs[name].log) if jobs[name].log.is_file() else None for name in reasons}  # none if not started
    return {name: dict(reason=reason, log=logs[name]) for name, reason in reasons.items()}
