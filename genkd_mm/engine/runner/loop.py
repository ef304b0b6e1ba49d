"""A training loop that resumes exactly."""

from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.runner import IterBasedTrainLoop, Runner
from mmrazor.registry import LOOPS
from torch.utils.data import DataLoader

from ...datasets import ResumableSampler
from ...utils import ConfigError, get_random_state, set_random_state
from .workers import end_workers, let_workers_outlive_signals


def resumable_loader(runner: Runner, config: dict, key: str) -> DataLoader:
    """Build a data loader whose batches depend on the run's seed and their position alone; ``key`` names its config."""
    loader = runner.build_dataloader(
        {**config, 'dataset': dict(type='mmrazor.SeededDataset', dataset=config['dataset'])},
        seed=runner.seed,
        diff_rank_seed=runner.cfg.get('randomness', {}).get('diff_rank_seed', False),
    )
    if not isinstance(loader.sampler, ResumableSampler):
        raise ConfigError(
            f'{key}.sampler.type is {type(loader.sampler).__name__!r}, whose position cannot be '
            "restored; use sampler=dict(type='ResumableSampler', shuffle=True)"
        )
    return let_workers_outlive_signals(loader)


@LOOPS.register_module()
class ResumableTrainLoop(IterBasedTrainLoop):
    """mmengine's ``IterBasedTrainLoop``, which resumes at once and bit for bit.

    The data start at the position where they stopped, no past batch is drawn again, and every rank's random numbers
    continue. ``GenKDCheckpointHook`` carries the state. Checkpoints are written before a validation of the same
    iteration; a resumed run makes that validation first.

    Args:
        runner (Runner): The runner.
        dataloader (dict): ``train_dataloader`` of the config, with ``sampler=dict(type='ResumableSampler')``.
        **kwargs: ``max_iters``, ``val_begin``, ``val_interval``, ``dynamic_intervals``, as for mmengine's loop.

    Raises:
        ConfigError: If the data loader has another sampler.
    """

    def __init__(self, runner: Runner, dataloader: dict, **kwargs) -> None:
        super().__init__(runner, resumable_loader(runner, dataloader, 'train_dataloader'), **kwargs)
        self.dataloader_iterator = None  # mmengine's has begun to draw, before the position is known
        self._start = (0, 0)  # iteration and draws of all ranks at which this process resumed the run
        self._random_state: dict | None = None

    @property
    def _draws_per_iter(self) -> int:
        return self.dataloader.batch_size * get_world_size()

    def state_dict(self) -> dict:
        """The state after the present iteration; every rank must call it.

        Returns:
            dict: ``draws`` of all ranks so far, the sampler's ``seed``, and ``random_states``, one for each rank.
        """
        iteration, draws = self._start
        return dict(
            draws=draws + (self.iter + 1 - iteration) * self._draws_per_iter,
            seed=self.dataloader.sampler.seed,
            random_states=all_gather_object(get_random_state()),
        )

    def load_state_dict(self, state: dict | None) -> None:
        """Resume after mmengine has set the iteration; without a state, at the draws of as many iterations.

        With another number of ranks the run continues with new random numbers and logs a warning.
        """
        if state is None:
            self._start = (self.iter, self.iter * self._draws_per_iter)
            return
        self._start = (self.iter, state['draws'])
        self.dataloader.sampler.seed = state['seed']
        states = state['random_states']
        if len(states) == get_world_size():
            self._random_state = states[get_rank()]
        else:
            self.runner.logger.warning(
                f'The checkpoint is of {len(states)} processes and this run has {get_world_size()}: the chains are '
                'redistributed, the data continue where they stopped, and the random numbers are new'
            )

    def run(self):
        """Train; returns the model."""
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')
        self.dataloader.sampler.start = self._start[1]
        batches = iter(self.dataloader)
        try:
            if self._random_state is not None:
                set_random_state(self._random_state)
            if self.iter:
                self._validate_if_due()
            while self.iter < self.max_iters and not self.stop_training:
                self.runner.model.train()
                self.run_iter(next(batches))
                self._validate_if_due()
        finally:
            del batches  # ends its workers, though the traceback of an error keeps this frame
            for loop in (self, self.runner.val_loop):
                end_workers(getattr(loop, 'dataloader', None))
        self.runner.call_hook('after_train_epoch')
        self.runner.call_hook('after_train')
        return self.runner.model

    def _validate_if_due(self) -> None:
        self._decide_current_val_interval()
        due = self.iter % self.val_interval == 0 or self.iter == self.max_iters or self.stop_training
        if self.runner.val_loop is not None and self.iter >= self.val_begin and due:
            self.runner.val_loop.run()
