"""Ending a run from outside without losing work."""

import os
import signal
from types import FrameType
from typing import Any

import torch
from mmengine.dist import all_gather_object, get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS

from ...utils import ConfigError
from .checkpoint_hook import GenKDCheckpointHook

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@HOOKS.register_module()
class SignalHook(Hook):
    """SIGTERM and Ctrl-C end the run after the current iteration with a checkpoint.

    A signal to one rank ends all of them at the same iteration. The exit code is 128 plus the signal's number: 143 for
    SIGTERM, 130 for Ctrl-C. A second signal ends the process at once. Handlers can only be set in the main thread;
    elsewhere the hook does nothing.

    Raises:
        ConfigError: If ``default_hooks.checkpoint`` is no ``GenKDCheckpointHook``, which saves.
        SystemExit: After the checkpoint.
    """

    priority = 'LOWEST'
    _installed: 'SignalHook | None' = None  # whose handlers are set in this process

    def before_run(self, runner: Runner) -> None:
        """Find the hook that saves."""
        checkpoints = [hook for hook in runner.hooks if isinstance(hook, GenKDCheckpointHook)]
        if not checkpoints:
            raise ConfigError(
                'SignalHook is in the config but no GenKDCheckpointHook, which it saves with; set '
                "default_hooks.checkpoint.type='GenKDCheckpointHook'"
            )
        self._checkpoint = checkpoints[0]

    def before_train(self, runner: Runner) -> None:
        """Set the handlers."""
        SignalHook.release()
        SignalHook._installed = self
        self._received = 0
        # Ranks agree by the CPU, for which no GPU is waited.
        self._group = torch.distributed.new_group(backend='gloo') if get_world_size() > 1 else None
        self._process = os.getpid()
        self._original: dict[int, Any] = {}
        try:
            for number in SIGNALS:
                self._original[number] = signal.signal(number, self._receive)
        except ValueError:  # not the main thread
            runner.logger.warning('Signals cannot be handled outside the main thread: SIGTERM will not save')

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Save and end, if any rank has received a signal."""
        received = max(all_gather_object(self._received, self._group))
        if received:
            self._checkpoint.save(runner)
            self._restore_handlers()
            runner.logger.warning(
                f'Ended by {signal.Signals(received).name} after iteration {runner.iter + 1}; '
                f'--resume continues from {self._checkpoint.last_ckpt}'
            )
            raise SystemExit(128 + received)

    def after_train(self, runner: Runner) -> None:
        """Restore the handlers."""
        self._restore_handlers()

    @staticmethod
    def release() -> None:
        """Restore the handlers of a run that ended in an exception."""
        if SignalHook._installed is not None:
            SignalHook._installed._restore_handlers()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._process:  # a data loader's worker has inherited the handler
            return
        self._received = number
        self._restore_handlers()
        # print() is not safe in a handler
        os.write(
            2,
            f'{signal.Signals(number).name}: the run ends with a checkpoint after this iteration; a second '
            'signal ends it at once\n'.encode(),
        )

    def _restore_handlers(self) -> None:
        for number, handler in self._original.items():
            signal.signal(number, handler)
        self._original = {}
