"""Pictures of the generator's chains."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS

from ...visualization.grids import class_grid
from ..runner.access import require_ebm_generator

COLUMNS, MOST_ROWS = 10, 20


@HOOKS.register_module()
class SampleGridHook(Hook):
    """Writes a PNG of stored chains, one row a class, to every visualizer backend.

    Pixels are shown as they are: [-1, 1] becomes 0 to 255, with no stretch of the contrast. Unconditional chains fill
    the rows in the order of their slots.

    Args:
        interval (int): Iterations between two pictures; one is always made at the start and the end.
            Defaults to 1000.
    """

    def __init__(self, interval: int = 1000) -> None:
        self.interval = interval

    def before_train(self, runner: Runner) -> None:
        """Show the chains that training starts from."""
        self._show(runner, runner.iter)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Show the chains at intervals and at the end."""
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            self._show(runner, runner.iter + 1)

    @torch.no_grad()
    def _show(self, runner: Runner, step: int) -> None:
        generator = require_ebm_generator(runner, 'SampleGridHook')
        buffer = generator.replay_buffer
        rows = min(MOST_ROWS, generator.num_classes)
        columns = min(COLUMNS, len(buffer) // generator.num_classes)
        first = torch.arange(rows) * (len(buffer) // generator.num_classes)
        slots = (first[:, None] + torch.arange(columns)).flatten()
        runner.visualizer.add_image('chains', class_grid(generator.to_images(buffer.read(slots)), columns), step=step)
