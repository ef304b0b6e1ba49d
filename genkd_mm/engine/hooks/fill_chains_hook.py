"""The chains of a prior that is trained without them."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS

from ..runner.access import require_ebm_generator


@HOOKS.register_module()
class FillChainsHook(Hook):
    """Fills the replay buffer with new chains when training ends, before they are shown and saved.

    Args:
        batch_size (int): Chains that run at once. Defaults to 250.
    """

    priority = 'HIGH'  # before SampleGridHook and the checkpoint

    def __init__(self, batch_size: int = 250) -> None:
        self.batch_size = batch_size

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Draw the chains after the last iteration."""
        if self.is_last_train_iter(runner):
            generator = require_ebm_generator(runner, 'FillChainsHook')
            runner.logger.info(f'Drawing {len(generator.replay_buffer)} chains')
            with torch.no_grad():
                generator.fill(self.batch_size)
