"""Counting the queries to a black-box teacher, within a budget."""

import torch
from mmengine.device import get_device
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS

from ...models.teachers import black_boxes
from ...utils import ConfigError, unwrapped
from ..runner.access import metrics_of, teachers_of
from .checkpoint_hook import GenKDCheckpointHook


@HOOKS.register_module()
class TeacherQueriesHook(Hook):
    """Counts the images that training asks black-box teachers about, over all ranks, and keeps a budget.

    The number is logged as ``train/teacher_queries`` and is one of the run's metrics, which checkpoints carry. What is
    asked before training, a blank image and the evaluation set, does not count. Without a black box it does nothing.

    Args:
        budget (int, optional): The run ends as after its last iteration, with an evaluation, a checkpoint and a
            summary, when one more iteration like the most expensive one so far would exceed it. Defaults to none.

    Raises:
        ConfigError: If there is a budget but no black box, or no ``GenKDCheckpointHook``, which saves.
    """

    priority = 80  # after all that ask, before the checkpoint

    def __init__(self, budget: int | None = None) -> None:
        if budget is not None and budget < 1:
            raise ConfigError(f'TeacherQueriesHook.budget is {budget}; expected 1 or more, or None')
        self.budget = budget

    def before_run(self, runner: Runner) -> None:
        """Find the teachers to count and the hook that saves."""
        self._teachers = black_boxes(teachers_of(unwrapped(runner.model)).values())
        self._checkpoints = [hook for hook in runner.hooks if isinstance(hook, GenKDCheckpointHook)]
        if self.budget is not None and not (self._teachers and self._checkpoints):
            missing = 'model.teachers name none that is asked' if self._checkpoints else 'no GenKDCheckpointHook saves'
            raise ConfigError(
                f'TeacherQueriesHook.budget is {self.budget} but {missing}; leave it out, or change the other'
            )

    def before_train_epoch(self, runner: Runner) -> None:
        """A resumed run, whose metrics ``before_train`` has brought back, may have nothing left."""
        self._stop_in_time(runner)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch=None) -> None:
        """Begin to count."""
        for teacher in self._teachers:
            teacher.queries = 0

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Add what this iteration has asked."""
        if not self._teachers:
            return
        asked = torch.tensor(sum(teacher.queries for teacher in self._teachers), device=get_device())
        all_reduce(asked)
        metrics, number = metrics_of(runner), int(asked)
        metrics.teacher_queries = (metrics.teacher_queries or 0) + number
        metrics.most_teacher_queries = max(metrics.most_teacher_queries, number)
        runner.message_hub.update_scalar('train/teacher_queries', metrics.teacher_queries)
        if self._stop_in_time(runner):
            self._checkpoints[0].save(runner)

    def _stop_in_time(self, runner: Runner) -> bool:
        metrics = metrics_of(runner)
        total, most = metrics.teacher_queries or 0, metrics.most_teacher_queries
        spent = self.budget is not None and total + most > self.budget
        if spent and not runner.train_loop.stop_training:
            runner.train_loop.stop_training = True
            runner.logger.warning(
                f'The run ends here: {total} of {self.budget} teacher queries are used, and one more iteration may ask '
                f'{most}; to continue, raise TeacherQueriesHook.budget and add --resume'
            )
        return spent
