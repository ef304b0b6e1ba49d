"""Checkpoints that a run resumes from exactly and that another run can load."""

from pathlib import Path

from mmengine.dist import is_main_process, master_only
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS

from ...datasets.nested import class_names, labels_of
from ...structures import DataSpec
from ...utils import ConfigError, save_text, seeded, unwrapped
from ..runner.access import buffer_of, generator_of, metrics_of
from ..runner.labels import classes_of
from ..runner.resume import PREVIOUS, set_aside
from .divergence_guard_hook import DivergenceGuardHook

FINAL = 'final.pth'


@HOOKS.register_module()
class GenKDCheckpointHook(CheckpointHook):
    """mmengine's ``CheckpointHook``, whose checkpoints also carry chains, data specification, loop and run metrics.

    With ``ResumableTrainLoop`` a run that was killed at any moment resumes exactly. A new checkpoint
    is on disk, and named by ``last_checkpoint``, before an old one is removed. Checkpoints that another run left in the
    folder are moved into its sub-folder ``previous`` when training starts.

    When training ends, ``final.pth`` is written as well: parameters, chains and data specification without the
    optimizer, which is what a teacher's or a prior's owner hands over.

    Args:
        *args: As for mmengine's ``CheckpointHook``.
        **kwargs: As for mmengine's ``CheckpointHook``, but that ``by_epoch`` defaults to False.

    Raises:
        ConfigError: If ``by_epoch`` is True.
    """

    _shared: dict = {}  # what all ranks have put together for the checkpoint that is being written
    _loaded: dict = {}  # the states of loop and metrics in the checkpoint that was loaded
    _saved_at: int | None = None
    _spec: DataSpec | None = None

    def __init__(self, *args, by_epoch: bool = False, **kwargs) -> None:
        if by_epoch:
            raise ConfigError(
                'default_hooks.checkpoint.by_epoch is True but runs count iterations; leave it out, and give interval '
                'in iterations'
            )
        super().__init__(*args, by_epoch=False, **kwargs)

    def save(self, runner: Runner) -> None:
        """Write a checkpoint of the present iteration, unless there is one; every rank must call it."""
        if self._saved_at != runner.iter:
            self._save_checkpoint(runner)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        name = self.filename_tmpl.format(step)
        kept = sorted({*runner.message_hub.get_info('keep_ckpt_ids', []), step})
        outdated = kept[: -self.max_keep_ckpts] if self.max_keep_ckpts > 0 else []
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('keep_ckpt_ids', kept[len(outdated) :])
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        for hook in runner.hooks:
            if isinstance(hook, DivergenceGuardHook):
                hook.look(runner, runner.iter + 1)  # no checkpoint of a run that has diverged
        self._shared = {**shared_state(runner), 'metrics': metrics_of(runner).state_dict()}
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
            self._point_at(runner, self.last_ckpt)
            for old in outdated:
                path = self.file_backend.join_path(self.out_dir, self.filename_tmpl.format(old))
                if self.file_backend.isfile(path):
                    self.file_backend.remove(path)

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        if not self.save_best:
            return
        self._shared = dict(chains=shared_state(runner).get('chains'))
        # mmengine would write the last checkpoint again, to add the best one to it. It stays as it was before the
        # validation, which a resumed run repeats.
        last, self.last_ckpt = self.last_ckpt, None
        super()._save_best_checkpoint(runner, metrics)
        self.last_ckpt = last
        self._shared = {}

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add ``chains`` and ``chain_spec`` (of an EBM), ``loop`` (of a resumed run), ``metrics`` and ``data_spec``."""
        checkpoint.update({name: state for name, state in self._shared.items() if state is not None})
        if self._spec is not None:
            checkpoint['data_spec'] = self._spec.to_dict()
        generator = generator_of(runner)
        if hasattr(generator, 'chain_spec'):
            checkpoint['chain_spec'] = generator.chain_spec.to_dict()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Give the chains back on resume; loop and metrics take their states up when training starts."""
        buffer = buffer_of(runner)
        if buffer is not None and 'chains' in checkpoint:
            buffer.load_state_dict(checkpoint['chains'], 'The checkpoint to resume from')
        self._loaded = {name: checkpoint.get(name) for name in ('loop', 'metrics')}

    def before_train(self, runner: Runner) -> None:
        """Restore loop and metrics: mmengine sets the iteration only after the checkpoint has been loaded.

        Checkpoints in the folder that are not of this run are set aside.
        """
        kept = runner.message_hub.get_info('keep_ckpt_ids', [])
        runner.message_hub.update_info('keep_ckpt_ids', sorted(set(kept)))  # mmengine removes all but the last ones
        super().before_train(runner)
        self._spec = data_spec(runner)  # before the first iteration, not at the first checkpoint: it may fail
        self._set_aside(runner)
        if runner.iter:
            metrics_of(runner).load_state_dict(self._loaded.get('metrics') or dict(iterations=runner.iter))
        if runner.iter and hasattr(runner.train_loop, 'load_state_dict'):
            runner.train_loop.load_state_dict(self._loaded.get('loop'))

    @master_only
    def _set_aside(self, runner: Runner) -> None:
        moved = set_aside(Path(self.out_dir), runner.iter, runner._load_from)
        if moved:
            runner.logger.warning(
                f'{self.out_dir} holds {len(moved)} checkpoints that are not of this run, which starts after iteration '
                f'{runner.iter} (first: {moved[0].name}): they are now in {moved[0].parent / PREVIOUS}'
            )
        if not runner.iter:
            Path(runner.work_dir, 'last_checkpoint').unlink(missing_ok=True)  # it names one of these
        elif moved:
            self._point_at(runner, runner._load_from)

    @staticmethod
    def _point_at(runner: Runner, checkpoint: str) -> None:
        save_text(Path(runner.work_dir, 'last_checkpoint'), checkpoint)

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
    buffer = buffer_of(runner)
    shared = {} if buffer is None else dict(chains=buffer.state_dict())
    if hasattr(runner.train_loop, 'state_dict'):
        shared['loop'] = runner.train_loop.state_dict()
    return shared


def data_spec(runner: Runner) -> DataSpec | None:
    """Specification of the run's training images; None for a data-free run, whose dataset has no images.

    Classes without names get their numbers.
    """
    dataset = runner.train_dataloader.dataset
    preprocessor = unwrapped(runner.model).data_preprocessor
    with seeded(0):  # a random transform; the run's own random numbers stay as they are
        item = dataset[0]
    if not isinstance(item, dict) or 'inputs' not in item:
        raise ConfigError(
            "train_dataloader.dataset gives items without 'inputs'; end its pipeline with "
            "dict(type='mmpretrain.PackInputs')"
        )
    image_shape = tuple(item['inputs'].shape)
    if image_shape[1:] == (1, 1) or getattr(preprocessor, 'mean', None) is None:
        return None
    return DataSpec(
        class_names(dataset) or _numbered(runner),
        image_shape,
        tuple(preprocessor.mean.flatten().tolist()),
        tuple(preprocessor.std.flatten().tolist()),
    )


def _numbered(runner: Runner) -> tuple[str, ...]:
    """Names for the classes of a dataset that has none."""
    labels = labels_of(runner.train_dataloader.dataset)
    number = classes_of(unwrapped(runner.model)) or (int(labels.max()) + 1 if len(labels) else 0)
    if number < 1:
        raise ConfigError(
            'train_dataloader.dataset does not say how many classes it has; add metainfo=dict(classes=[...]) to it'
        )
    return tuple(map(str, range(number)))
