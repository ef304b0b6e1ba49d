"""Checkpoints that another run can build on."""
from pathlib import Path

from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS

from ...utils import DataSpec
from ..access import generator_of, unwrapped

FINAL = 'final.pth'


@HOOKS.register_module()
class GenKDCheckpointHook(CheckpointHook):
    """mmengine's ``CheckpointHook``, whose checkpoints also carry the chains and the data specification.

    When training ends, ``final.pth`` is written as well: parameters, chains and data specification without the
    optimizer, which is what a teacher's or a prior's owner hands over.

    Args:
        **kwargs: As for mmengine's ``CheckpointHook``.
    """

    _chains: dict | None = None  # of all ranks, while a checkpoint is written

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        self._gather_chains(runner)
        super()._save_checkpoint_with_step(runner, step, meta)
        self._chains = None

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        if not self.save_best:
            return
        self._gather_chains(runner)
        super()._save_best_checkpoint(runner, metrics)
        self._chains = None

    def _gather_chains(self, runner: Runner) -> None:
        """Collect every rank's chains; all ranks must call it, and only the main process saves them."""
        generator = unwrapped(generator_of(runner)) if generator_of(runner) is not None else None
        self._chains = generator.replay_buffer.state_dict() if hasattr(generator, 'replay_buffer') else None

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add ``chains`` (if the model has an EBM) and ``data_spec`` (if the training data has images)."""
        if self._chains is not None:
            checkpoint['chains'] = self._chains
        spec = data_spec(runner)
        if spec is not None:
            checkpoint['data_spec'] = spec.to_dict()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Give the chains back on resume."""
        generator = generator_of(runner)
        if generator is not None and 'chains' in checkpoint:
            unwrapped(generator).replay_buffer.load_state_dict(checkpoint['chains'], 'The checkpoint to resume from')

    def after_train(self, runner: Runner) -> None:
        """Write ``final.pth`` into the work dir."""
        super().after_train(runner)
        self._gather_chains(runner)
        runner.save_checkpoint(runner.work_dir, FINAL, save_optimizer=False, save_param_scheduler=False,
                               by_epoch=self.by_epoch, meta=dict(epoch=runner.epoch, iter=runner.iter))
        self._chains = None
        runner.logger.info(f'The trained model is in {Path(runner.work_dir, FINAL)}')


def data_spec(runner: Runner) -> DataSpec | None:
    """What the run's training images are like; None for a data-free run, whose data set has no images."""
    dataset = runner.train_dataloader.dataset
    preprocessor = unwrapped(runner.model).data_preprocessor
    image_shape = tuple(dataset[0]['inputs'].shape)
    if image_shape[1:] == (1, 1) or getattr(preprocessor, 'mean', None) is None:
        return None
    return DataSpec(tuple(dataset.metainfo['classes']), image_shape, tuple(preprocessor.mean.flatten().tolist()),
                    tuple(preprocessor.std.flatten().tolist()))
