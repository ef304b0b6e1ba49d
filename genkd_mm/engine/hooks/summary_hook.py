"""The summary of a run."""

import time
from pathlib import Path

import torch
from mmengine.device import get_device
from mmengine.dist import all_reduce, get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmrazor.models import DataFreeDistillation
from mmrazor.registry import HOOKS
from torch import nn

from ...models import GenKD
from ...utils import save_json, unwrapped
from ...visualization.curves import draw_curves
from ...visualization.tables import print_table
from ..runner.access import buffer_of, generator_of, metrics_of
from ..runner.labels import classes_of
from ..runner.standing import standing
from ..runner.summary import student_steps, summarize, top1


@HOOKS.register_module()
class SummaryHook(Hook):
    """At the end of training: a table on the console, ``curves.png`` and ``summary.json`` in the work dir.

    The table leaves out what the run did not measure, which is None in the file. The log then says where the student
    stands between chance and the teacher.
    """

    priority = 'LOWEST'

    def before_train(self, runner: Runner) -> None:
        """Start the clock; a resumed run adds to the seconds it has spent before."""
        self._start = time.perf_counter()
        self._spent = metrics_of(runner).total_seconds

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Keep the clock where a checkpoint carries it."""
        self._read_clock(runner)

    def _read_clock(self, runner: Runner) -> None:
        metrics_of(runner).total_seconds = self._spent + time.perf_counter() - self._start

    def after_val_epoch(self, runner: Runner, metrics: dict | None = None) -> None:
        """Add a point to the curve of accuracy over time."""
        accuracy = top1(metrics or {})
        if accuracy is not None:
            run = metrics_of(runner)
            point = [runner.iter, round(run.total_seconds, 2), run.pseudo_samples, round(float(accuracy), 2)]
            run.accuracy_curve.append(point)

    def after_train(self, runner: Runner) -> None:
        """Write the summary, once."""
        metrics = metrics_of(runner)
        model, buffer = unwrapped(runner.model), buffer_of(runner)
        if isinstance(model, DataFreeDistillation) and not isinstance(model, GenKD):  # new images at every student step
            images = runner.train_dataloader.batch_size * get_world_size()
            metrics.pseudo_samples = runner.iter * student_steps(model) * images
        elif buffer is not None and metrics.pseudo_samples is not None:
            total = torch.tensor(buffer.distinct_seen, device=get_device())  # each rank counts the chains of its own
            all_reduce(total)
            metrics.pseudo_samples = int(total)
        if not is_main_process():
            return
        self._read_clock(runner)
        summary = summarize(runner, metrics)
        folder = Path(runner.work_dir)
        save_json(folder / 'summary.json', summary)
        draw_curves(runner.message_hub, runner.max_iters, folder / 'curves.png')
        left_out = ('versions', 'config', 'seed', 'accuracy_curve')
        rows = [(name, text) for name, value in summary.items() if name not in left_out and (text := shown(value))]
        print_table(('metric', 'value'), rows, title=f'{Path(summary["config"]).name}, seed {summary["seed"]}')
        prior = getattr(unwrapped(generator_of(runner) or nn.Identity()), 'prior', None) is not None
        for sentence in standing(summary, classes_of(unwrapped(runner.model)), prior):
            runner.logger.info(sentence)
        runner.logger.info(f'summary.json, curves.png and everything else of this run are in {folder}')


def shown(value) -> str:
    """A metric as the table shows it: two decimals; metrics by name as ``name: metric``; nothing for None."""
    if isinstance(value, dict):
        return ', '.join(f'{name}: {shown(metric)}' for name, metric in value.items() if metric is not None)
    if value is None:
        return ''
    return f'{value:.2f}' if isinstance(value, float) else str(value)
