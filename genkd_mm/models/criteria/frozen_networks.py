"""The networks that judge images, with one forward pass for all who ask."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import torch
from mmrazor.models.task_modules.recorder import RecorderManager
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ...utils import ConfigError, evaluating, frozen

Statistics = tuple[Tensor, _BatchNorm]


class FrozenNetworks:
    """The teachers and the student in eval mode, their parameters without gradient.

    The outputs for the latest batch are kept: all criteria of a state share one forward pass of each network.
    The batch is recognised by identity: a tensor that was changed in place, or asked for with another gradient mode,
    is passed again.

    Args:
        teachers (Mapping[str, nn.Module]): mmpretrain classifiers by name.
        student (nn.Module, optional): The student, bare or in a distributed wrapper; None if no criterion asks it.
    """

    def __init__(self, teachers: Mapping[str, nn.Module], student: nn.Module | None) -> None:
        self.teachers = dict(teachers)
        self._student = student
        self.keep_batch_norm_inputs = False  # set by BatchNormStatistics, the only one that uses them: they are large
        self._recorders: dict[str, list[RecorderManager]] = dict(student=[], teachers=[])
        self._key: tuple | None = None
        self._outputs: dict[str, Any] = {}
        self._judges: dict[nn.Module, Judge] = {}

    def record(self, student: RecorderManager, teachers: RecorderManager) -> None:
        """Record every pass of the student, and of the teachers.

        The recorders then hold the latest batch, whichever criterion asked first.
        """
        self.forget()
        self._recorders['student'].append(student)
        self._recorders['teachers'].append(teachers)

    @property
    def student(self) -> nn.Module:
        """The student without its distributed wrapper, whose reducer must not see the judging passes.

        Raises:
            ConfigError: If there is none.
        """
        if self._student is None:
            raise ConfigError(
                'A criterion asks the student but the model has none; use criteria of the teachers, or '
                'of the pixels alone'
            )
        return getattr(self._student, 'module', self._student)

    def teacher_logits(self, images: Tensor) -> list[Tensor]:
        """Logits (N, classes) of each teacher for images (N, C, H, W) in the classifiers' normalised space."""
        return [logits for logits, _ in self._teacher_passes(images)]

    def student_logits(self, images: Tensor) -> Tensor:
        """Logits (N, classes) of the student."""
        return self._once(images, 'student', lambda: self._judge(self.student)(images))

    def batch_norm_inputs(self, images: Tensor) -> list[Statistics]:
        """What each batch norm of each teacher saw: (N, channels, ...) and the layer; if ``keep_batch_norm_inputs``."""
        return [pair for _, inputs in self._teacher_passes(images) for pair in inputs]

    def forget(self) -> None:
        """Drop the kept outputs and records, for example because the student has been updated."""
        self._key, self._outputs = None, {}
        for manager in self._recorders['student'] + self._recorders['teachers']:
            for recorder in manager.recorders.values():
                recorder.reset_data_buffer()

    def _teacher_passes(self, images: Tensor) -> list[tuple[Tensor, list[Statistics]]]:
        judges = [self._judge(teacher) for teacher in self.teachers.values()]
        with_inputs = self.keep_batch_norm_inputs
        return self._once(
            images, 'teachers', lambda: [j.with_inputs(images) if with_inputs else (j(images), []) for j in judges]
        )

    def _judge(self, network: nn.Module) -> 'Judge':
        if network not in self._judges:
            self._judges[network] = Judge(network)
        return self._judges[network]

    def _once(self, images: Tensor, name: str, compute: Callable[[], Any]) -> Any:
        key = (images, images._version, torch.is_grad_enabled())
        if self._key is None or self._key[0] is not key[0] or self._key[1:] != key[1:]:
            self._key, self._outputs = key, {}
        if name not in self._outputs:
            with ExitStack() as recording:
                for manager in self._recorders[name]:
                    recording.enter_context(manager)
                self._outputs[name] = compute()
        return self._outputs[name]


class Judge:
    """A network in eval mode, its parameters without gradient, as criteria and caches use it.

    Its modules and parameters are listed once: a chain passes it at each step.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self._modules, self._parameters = list(network.modules()), list(network.parameters())

    def __call__(self, images: Tensor) -> Tensor:
        """The logits; gradients reach the images alone, if at all."""
        with evaluating(self.network, self._modules), frozen(self.network, self._parameters):
            return self.network(images, mode='tensor')

    def with_inputs(self, images: Tensor) -> tuple[Tensor, list[Statistics]]:
        """The logits, and the input of each batch norm in the same pass."""
        inputs: list[Statistics] = []
        with ExitStack() as hooks:
            for module in self._modules:
                if isinstance(module, _BatchNorm):
                    record = module.register_forward_pre_hook(lambda layer, args: inputs.append((args[0], layer)))
                    hooks.enter_context(record)
            return self(images), inputs


def judge(network: nn.Module, images: Tensor) -> Tensor:
    """The logits of :class:`Judge`, of a network that is used rarely."""
    return Judge(network)(images)
