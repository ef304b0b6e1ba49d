"""Distillation on the samples of an energy-based model."""

from collections.abc import Sequence

import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmpretrain.structures import DataSample
from mmrazor.models import DataFreeDistillation
from mmrazor.models.distillers import OFDDistiller
from mmrazor.models.utils import add_prefix
from mmrazor.registry import MODELS
from torch import Tensor

from ...samplers import ReplayBuffer
from ...structures import RunMetrics, Samples, StepOutputs
from ...utils import ConfigError, unwrapped
from ..classifiers import load_teacher, normalisation, require_outputs
from ..criteria import FrozenNetworks
from .augmentation import Augmentation
from .connectors import initialise_connectors, require_in_optimizer, require_room_for_chains
from .teacher_cache import cached_outputs, require_cacheable


@MODELS.register_module()
class GenKD(DataFreeDistillation):
    """Trains a student on fresh and replayed samples of an energy-based model (Li et al., IEEE Access 11, 2023).

    One ``train_step`` advances a batch of chains, trains the student on their new states, and then on
    ``student_iter - 1`` batches of stored chains. The energy itself changes only if ``PolicyGradientHook`` is in
    the config's hooks. A chain is labelled with the class that it was drawn for, or by the first teacher when sampling
    is unconditional. The data samples that the student's recorders see carry that class as ``gt_label``, and as
    ``sample_idx`` the chain's number, from 0 to the replay buffer's capacity, which never changes.

    Args:
        distiller (dict): Any mmrazor distiller; its losses train the student. Connectors with parameters are trained
            by the student's optimizer, which needs ``optim_wrapper.constructor='GenKDOptimWrapperConstructor'``.
        teachers (dict[str, dict]): By name, ``build_cfg`` and ``ckpt_path``, which a :class:`BlackBoxTeacher` has not.
            A checkpoint that does not fit stops the run.
        generator (dict): Config of the ``EBMGenerator``; its ``mean`` and ``std`` are taken from the data preprocessor.
        student_iter (int): Student steps in one train step. Defaults to 1.
        refresh_interval (int): Chains are advanced at every such train step; at the others all batches are stored
            chains. ``PolicyGradientHook`` with the same ``interval`` scores just these chains. Defaults to 1.
        cache_teacher (bool): Whether what ``distiller.teacher_recorders`` record of a stored chain is kept until the
            chain is advanced. The teachers then see each state once, however often it is replayed, and the losses are
            the same up to rounding. It costs capacity times the recorded size in memory and in checkpoints, little for
            logits. Defaults to False.
        augmentation (Sequence[dict]): Random transforms of each training image, before teachers and student see it,
            because a student soon memorises a small buffer of chains. The stored chains stay as they are.
            Defaults to none.
        **kwargs: ``architecture`` (the student), ``data_preprocessor``, ``init_cfg``, as for mmrazor's algorithms.

    Attributes:
        metrics (RunMetrics): What the run has spent and seen.
        networks (FrozenNetworks): Teachers and student, as the guidance criteria and ``PolicyGradientHook`` ask them.
        window (int): K, number of steps of a chain that :meth:`train_step` records; ``PolicyGradientHook`` asks for its
            own before the run. 0 records nothing.

    Raises:
        ConfigError: If a teacher's or a connector's checkpoint does not fit, or teacher, prior and config differ in the
            number of classes, the image shape or the normalisation, or a loss remembers fewer chains than there are, or
            ``cache_teacher`` is set and a recorder does not record one row for each image, or images are augmented, or
            the augmentation does not fit the images.
    """

    def __init__(
        self,
        distiller: dict,
        teachers: dict[str, dict],
        generator: dict,
        student_iter: int = 1,
        refresh_interval: int = 1,
        cache_teacher: bool = False,
        augmentation: Sequence[dict] = (),
        **kwargs,
    ) -> None:
        if student_iter < 1 or refresh_interval < 1:
            raise ConfigError(
                f'model.student_iter is {student_iter} and model.refresh_interval is {refresh_interval}; '
                'expected 1 or more for both'
            )
        if cache_teacher and augmentation:
            raise ConfigError(
                'model.cache_teacher is True but model.augmentation changes each image every time; '
                'set model.cache_teacher=False, or leave out model.augmentation'
            )
        generator = {**normalisation(kwargs.get('data_preprocessor') or {}), **generator}
        super().__init__(
            distiller=distiller,
            generator_distiller=dict(type='ConfigurableDistiller'),  # the policy gradient takes its place
            teachers={name: dict(build_cfg=config['build_cfg']) for name, config in teachers.items()},
            generator=generator,
            student_iter=student_iter,
            **kwargs,
        )
        self.refresh_interval = refresh_interval
        self.cache_teacher = cache_teacher
        self.augmentation = Augmentation(augmentation, self.generator.image_shape) if augmentation else None
        self.set_module_inplace_false(self.teachers, 'self.teachers')  # mmrazor does so for the student alone
        shape, num_classes = self.generator.image_shape, self.generator.num_classes
        spec = dict(num_classes=num_classes, image_shape=shape, mean=self.generator.mean, std=self.generator.std)
        for name, config in teachers.items():
            load_teacher(self.teachers[name], config.get('ckpt_path'), f'model.teachers.{name}.ckpt_path', **spec)
        require_outputs(self.student, shape, num_classes, 'The student')
        initialise_connectors(self.distiller)
        if isinstance(self.distiller, OFDDistiller):
            self.distiller.init_ofd_connectors(self.teachers)
        require_room_for_chains(self.distiller, self.generator.replay_buffer)
        if cache_teacher:
            require_cacheable(self.distiller.teacher_recorders, self.teachers, self.generator.image_shape)
        self.metrics = RunMetrics()
        self.window = 0
        self.networks = FrozenNetworks(self.teachers, self.student)
        self.generator.bind(self.networks)

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> StepOutputs:
        """Advance chains and train the student.

        Args:
            data (dict): A batch of ``LabelDataset``: its labels are the classes to draw, its images are not used.
            optim_wrapper (OptimWrapperDict): With the key ``architecture``.

        Returns:
            StepOutputs: The distiller's losses of the last student step, with the prefix ``distill.``, and the
            chains that were advanced, if any were, with their trajectory if ``window`` is above 0.
        """
        for teacher in self.teachers.values():
            teacher.eval()
        require_in_optimizer(self.distiller, optim_wrapper['architecture'])
        generator = unwrapped(self.generator)
        labels = torch.cat([sample.gt_label for sample in data['data_samples']])
        self.metrics.iterations += 1
        fresh = None
        if self.metrics.iterations % self.refresh_interval == 0:  # as hooks count, for PolicyGradientHook's interval
            # without gradients even if the sampler has differentiable steps, for the student's loss must not move f
            with self.metrics.generation.running(generator.device), torch.no_grad():
                fresh = generator.stored(generator.advance(labels, self.window))
        with self.metrics.student.running(generator.device):
            for index in range(self.student_iter):
                samples = fresh if fresh and index == 0 else generator.replay(len(labels))
                generator.replay_buffer.mark_seen(samples.slots)
                log_vars = self.student_step(samples, optim_wrapper['architecture'])
        self.metrics.pseudo_samples = generator.replay_buffer.distinct_seen
        return StepOutputs(log_vars, fresh)

    def student_step(self, samples: Samples, optim_wrapper: OptimWrapper) -> dict[str, Tensor]:
        """One step of the student, and of the distiller's connectors, on stored ``samples``; returns the losses."""
        images, labels, slots, _ = samples
        if self.augmentation:
            images = self.augmentation(images)
        distiller = unwrapped(self.distiller)
        with optim_wrapper.optim_context(self.student):
            with distiller.teacher_recorders, torch.no_grad():
                if self.cache_teacher:
                    found = cached_outputs(
                        self._ask_teachers, distiller.teacher_recorders, self._buffer(), slots, images
                    )
                else:
                    found = self._ask_teachers(images)
            labels = found if labels is None else labels
            with distiller.student_recorders:
                self.student(images, self._data_samples(labels, slots), mode='loss')
            losses = self.distiller(mode='loss')  # through its wrapper, which averages the connectors' gradients
        loss, log_vars = self.parse_losses(losses)
        optim_wrapper.update_params(loss)
        return add_prefix(log_vars, 'distill')

    def _ask_teachers(self, images: Tensor) -> Tensor:
        """Pass ``images`` through every teacher; returns the first one's class of each."""
        return [teacher(images, mode='tensor') for teacher in self.teachers.values()][0].argmax(1)

    def _buffer(self) -> ReplayBuffer:
        return unwrapped(self.generator).replay_buffer

    def _data_samples(self, labels: Tensor, slots: Tensor) -> list[DataSample]:
        """What a distiller may ask of each image: its class and the number of its chain."""
        samples = [DataSample().set_gt_label(label) for label in labels[:, None]]
        numbers = self._buffer().global_ids(slots).to(labels.device, non_blocking=True)
        for sample, number in zip(samples, numbers):
            sample.set_field(number, 'sample_idx', dtype=Tensor)
        return samples
