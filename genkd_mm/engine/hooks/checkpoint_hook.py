"""Checkpoints that a run comes back from exactly, and that another run can build on."""

from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS

from ...structures import DataSpec
from ...utils import atomic_write
from ..runner.access import generator_of, unwrapped

FINAL = 'final.pth'


@HOOKS.register_module()
class GenKDCheckpointHook(CheckpointHook):
    """mmengine's ``CheckpointHook``, whose checkpoints also carry the chains, the data specification and the loop.

    With ``ResumableTrainLoop`` a run that was killed at any moment comes back as if it had not been. A new checkpoint
    is on disk, and named by ``last_checkpoint``, before an old one is removed.

    When training ends, ``final.pth`` is written as well: parameters, chains and data specification without the
    optimizer, which is what a teacher's or a prior's owner hands over.

    Args:
        **kwargs: As for mmengine's ``CheckpointHook``.
    """

    _shared: dict = {}  # what all ranks have put together for the checkpoint that is being written
    _loaded: dict | None = None  # the loop's state in the checkpoint that was loaded
    _saved_at: int | None = None

    def save(self, runner: Runner) -> None:
        """Write a checkpoint of the present iteration, unless there is one; every rank must call it."""
        if self._saved_at != runner.iter:
            self._save_checkpoint(runner)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        name = self.filename_tmpl.format(step)
        kept = [*runner.message_hub.get_info('keep_ckpt_ids', []), step]
        outdated = kept[: -self.max_keep_ckpts] if self.max_keep_ckpts > 0 else []
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('keep_ckpt_ids', kept[len(outdated) :])
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        self._shared = shared_state(runner)
        runner.save_checkpoint(
            self.out_dir,
            name,
            self.file_client_args,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            backend_args=self.backend_args,
            **self.args,
        )
        self._shared = {}
        self._saved_at = runner.iter
        if is_main_process():
            with atomic_write(Path(runner.work_dir, 'last_checkpoint')) as file:
                file.write(self.last_ckpt.encode())
            for old in outdated:
                path = self.file_backend.join_path(self.out_dir, self.filename_tmpl.format(old))
                if self.file_backend.isfile(path):
                    self.file_backend.remove(path)

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        if not self.save_best:
            return
        self._shared = dict(chains=shared_state(runner).get('chains'))
        super()._save_best_checkpoint(runner, metrics)
        self._shared = {}

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add ``chains`` and ``chain_spec`` (of an EBM), ``loop`` (of a resumed run) and ``data_spec`` (of images)."""
        checkpoint.update({name: state for name, state in self._shared.items() if state is not None})
        spec = data_spec(runner)
        if spec is not None:
            checkpoint['data_spec'] = spec.to_dict()
        generator = generator_of(runner)
        if generator is not None and hasattr(unwrapped(generator), 'chain_spec'):
            checkpoint['chain_spec'] = unwrapped(generator).chain_spec.to_dict()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Give the chains back on resume; the loop takes its state up when it starts."""
        generator = generator_of(runner)
        if generator is not None and 'chains' in checkpoint:
            unwrapped(generator).replay_buffer.load_state_dict(checkpoint['chains'], 'The checkpoint to resume from')
        self._loaded = checkpoint.get('loop')

    def before_train(self, runner: Runner) -> None:
        """Hand the loop its state: mmengine sets the iteration only after the checkpoint has been loaded."""
        super().before_train(runner)
        if runner.iter and hasattr(runner.train_loop, 'load_state_dict'):
            runner.train_loop.load_state_dict(self._loaded)

    def after_train(self, runner: Runner) -> None:
        """Write ``final.pth`` into the work dir."""
        super().after_train(runner)
        self._shared = dict(chains=shared_state(runner).get('chains'))
        runner.save_checkpoint(
            runner.work_dir,
            FINAL,
            save_optimizer=False,
            save_param_scheduler=False,
            by_epoch=self.by_epoch,
            meta=dict(epoch=runner.epoch, iter=runner.iter),
        )
        self._shared = {}
        runner.logger.info(f'The trained model is in {Path(runner.work_dir, FINAL)}')


def shared_state(runner: Runner) -> dict:
    """The ``chains`` and the ``loop`` of all ranks, if the run has such; every rank must call it."""
    generator = generator_of(runner)
    buffer = getattr(unwrapped(generator), 'replay_buffer', None) if generator is not None else None
    shared = {} if buffer is None else dict(chains=buffer.state_dict())
    if hasattr(runner.train_loop, 'state_dict'):
        shared['loop'] = runner.train_loop.state_dict()
    return shared


def data_spec(runner: Runner) -> DataSpec | None:
    """What the run's training images are like; None for a data-free run, whose data set has no images."""
    dataset = runner.train_dataloader.dataset
    preprocessor = unwrapped(runner.model).data_preprocessor
    image_shape = tuple(dataset[0]['inputs'].shape)
    if image_shape[1:] == (1, 1) or getattr(preprocessor, 'mean', None) is None:
        return None
    return DataSpec(
        tuple(dataset.metainfo['classes']),
        image_shape,
        tuple(preprocessor.mean.flatten().tolist()),
        tuple(preprocessor.std.flatten().tolist()),
    )
