"""mmengine's Runner with a console that a person can read, and models in the layout and threads that are fastest."""

import logging

from mmengine.dist import get_world_size
from mmengine.logging import MessageHub, MMLogger
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.runner import Runner
from mmengine.visualization import Visualizer
from torch import nn
from torch.utils.data import DataLoader

from ...utils import channels_last
from .dumped_config import parse_config
from .message_hub import LazyMessageHub, log_norm_lazily
from .reschedule import FreshSchedule, config_changes, follows, told
from .threads import fitting_threads
from .workers import let_workers_outlive_signals

# What mmengine prints at every start, hundreds of lines, and its warnings about its own internals.
FILE_ONLY = (
    '\n' + '-' * 60 + '\nSystem environment',
    'Config:',
    'Hooks will be executed',
    '"FileClient"',
    '"HardDiskBackend"',
    'Traceback of what follows',
)


class ConsoleRunner(Runner):
    """A Runner whose environment, config and hook listings go to the log file alone.

    Every model, of whatever algorithm, gets its weights in the channels_last layout, in which convolutions are fastest,
    and its results with other rounding. Training uses as many CPU threads as its network gains from. Logged tensors are
    read on demand.
    """

    def train(self) -> nn.Module:
        """As mmengine's."""
        with fitting_threads(self):
            return super().train()

    def build_message_hub(self, message_hub: dict | None = None) -> MessageHub:
        """As mmengine's, a :class:`LazyMessageHub`."""
        # under the name by which mmengine finds it; a new one, for two runs within a second have the same name
        name = self._experiment_name
        for kind in (MessageHub, Visualizer):
            kind._instance_dict.pop(name, None)
        MessageHub._instance_dict[name] = LazyMessageHub(name)
        return super().build_message_hub(message_hub)

    def build_optim_wrapper(self, optim_wrapper: dict) -> OptimWrapper | OptimWrapperDict:
        """As mmengine's, with the gradients' norms logged as tensors."""
        wrapper = super().build_optim_wrapper(optim_wrapper)
        for _, one in wrapper.items() if isinstance(wrapper, OptimWrapperDict) else [('', wrapper)]:
            log_norm_lazily(one)
        return wrapper

    def build_logger(self, *args, **kwargs) -> MMLogger:
        """As mmengine's, with a filter on the console's handler, and a log file in UTF-8."""
        MMLogger._instance_dict.pop(self._experiment_name, None)  # as for the message hub
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if isinstance(handler, logging.FileHandler):
                handler.stream.reconfigure(encoding='utf-8')
            else:
                handler.addFilter(lambda record: not record.getMessage().startswith(FILE_ONLY))
        return logger

    @staticmethod
    def build_dataloader(*args, **kwargs) -> DataLoader:
        """As mmengine's, with workers that a signal to the whole job does not end."""
        return let_workers_outlive_signals(Runner.build_dataloader(*args, **kwargs))

    def load_checkpoint(self, *args, **kwargs) -> dict:
        """As mmengine's, but that it remembers the config and the lowered rates in the checkpoint."""
        checkpoint = super().load_checkpoint(*args, **kwargs)
        self._rate_factors = (checkpoint.get('metrics') or {}).get('rate_factors', {})
        self._checkpoint_config = parse_config(str(checkpoint.get('meta', {}).get('cfg', '')))
        return checkpoint

    def resume(self, *args, **kwargs) -> None:
        """As mmengine's, which takes schedules and optimizer settings from the checkpoint, whatever the config says.

        Where the config differs from the checkpoint's, a warning says so, and the schedules follow the config.
        """
        fresh = FreshSchedule(self)
        super().resume(*args, **kwargs)
        changes = config_changes(self._checkpoint_config, parse_config(self.cfg.pretty_text))
        if any(map(follows, changes)):
            fresh.advance(self, self._rate_factors)
        if changes:
            self.logger.warning(
                f'The config differs from the one in the checkpoint: {told(changes)}; the run follows the config'
            )

    def wrap_model(self, model_wrapper_cfg: dict | None, model: nn.Module) -> nn.Module:
        """As mmengine's; a process that is alone does not send its buffers round, which copies them at each pass."""
        if model_wrapper_cfg and 'broadcast_buffers' in model_wrapper_cfg and get_world_size() == 1:
            model_wrapper_cfg = {**model_wrapper_cfg, 'broadcast_buffers': False}
        return super().wrap_model(model_wrapper_cfg, channels_last(model))
