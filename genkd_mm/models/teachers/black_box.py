"""What every teacher without a gradient shares."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from mmengine.logging import MessageHub
from mmengine.model import BaseModule
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from ...utils import ConfigError
from .answers import ANSWERS, logits_of


class BlackBoxTeacher(BaseModule):
    """A teacher that answers and has no gradient, behind the interface of mmpretrain's classifiers.

    It takes images in the classifiers' normalised space and asks about their pixels, so the other side needs to
    know nothing of a normalisation. Within one iteration no image is asked about twice: the student's step and the
    policy gradient's reward share the answers. Over iterations ``GenKD`` with ``cache_teacher=True`` keeps them.

    Recorders find the logits under the name ``logits``: ``source='teacher.logits'`` for a teacher called ``teacher``.

    Args:
        num_classes (int): Number of classes of the answers.
        mean (Sequence[float]): The data preprocessor's mean of each channel, 0..255.
        std (Sequence[float]): The data preprocessor's standard deviation of each channel, 0..255.
        answers (str): ``logits``, ``probabilities`` or ``labels``: what the teacher answers with.
        floor (float): The smallest probability; zeros become it. The other classes of a label have it. It bounds
            the cost of ``TeacherCrossEntropy`` by -log floor. Defaults to 1e-6, 13.8 nats.
        batch_size (int): The largest number of images in one question. Defaults to 256.

    Attributes:
        queries (int): Number of images that were asked about in this process since it was last set to 0.
        estimates_gradient (bool): Whether images that require a gradient are taken, see :class:`ZerothOrderTeacher`.

    Raises:
        ConfigError: If an argument is out of range.
    """

    estimates_gradient = False

    def __init__(
        self,
        num_classes: int,
        mean: Sequence[float],
        std: Sequence[float],
        answers: str,
        floor: float = 1e-6,
        batch_size: int = 256,
    ) -> None:
        super().__init__()
        if answers not in ANSWERS:
            raise ConfigError(f'{type(self).__name__}.answers is {answers!r}; expected one of {", ".join(ANSWERS)}')
        if not 0 < floor < 1 / num_classes or batch_size < 1:
            raise ConfigError(
                f'{type(self).__name__}.floor is {floor} and batch_size is {batch_size}; expected a probability above '
                f'0 and below 1 / {num_classes}, and 1 or more'
            )
        self.num_classes, self.answers, self.floor, self.batch_size = num_classes, answers, floor, batch_size
        self.mean, self.std = tuple(mean), tuple(std)
        self.logits = nn.Identity()  # for recorders
        self.queries = 0
        self._known: dict[bytes, Tensor] = {}
        self._iteration: Any = None

    @property
    @abstractmethod
    def name(self) -> str:
        """The teacher in error sentences."""

    @abstractmethod
    def ask(self, pixels: Tensor) -> Tensor:
        """Pixels (N, C, H, W), float32, 0..255, on the CPU -> answers (N, classes), or labels (N,)."""

    def require_normalisation(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Raises ConfigError if images come with another normalisation: the teacher would be asked about others."""
        if self.mean != tuple(mean) or self.std != tuple(std):
            raise ConfigError(
                f'{self.name} is given mean={list(self.mean)} and std={list(self.std)} but the images have '
                f'{list(mean)} and {list(std)}; give it those of model.data_preprocessor'
            )

    def forward(self, inputs: Tensor, data_samples: list[DataSample] | None = None, mode: str = 'tensor') -> Any:
        """As mmpretrain's classifiers.

        Args:
            inputs (Tensor): Images in the normalised space, shape (N, C, H, W).
            data_samples (list[DataSample], optional): Filled with predictions if ``mode`` is ``predict``.
            mode (str): ``tensor`` for logits (N, classes), ``predict`` for data samples, ``loss`` for no loss: a
                teacher that cannot be trained has none, but recorders see its logits.

        Raises:
            ConfigError: If a gradient would be needed, or the answers are no such answers.
            TrainingError: If the teacher cannot be reached any more.
        """
        logits = self.logits(self._answered(inputs))
        if mode == 'tensor':
            return logits
        if mode == 'loss':
            return {}
        samples = data_samples or [DataSample() for _ in logits]
        return [
            sample.set_pred_score(score).set_pred_label(score.argmax())
            for sample, score in zip(samples, logits.softmax(1), strict=True)
        ]

    def _answered(self, inputs: Tensor) -> Tensor:
        """Logits for images in the normalised space, or the refusal of their gradient."""
        if inputs.requires_grad and torch.is_grad_enabled():
            raise ConfigError(
                f'{self.name} has no gradient but something asks for one in the images; use the criterion as a reward '
                'of PolicyGradientHook, or wrap the teacher in ZerothOrderTeacher'
            )
        return self._asked(inputs)

    def _asked(self, inputs: Tensor) -> Tensor:
        """Logits for images in the normalised space, the same ones in a run's mixed precision as outside of it."""
        with torch.no_grad(), torch.autocast(inputs.device.type, enabled=False):
            return self._logits(self._pixels(inputs)).to(inputs.device)

    def _pixels(self, inputs: Tensor) -> Tensor:
        mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (self.mean, self.std))
        return (inputs.detach().float().cpu() * std + mean).clamp_(0, 255).contiguous()  # rounding leaves 0..255

    def _logits(self, pixels: Tensor) -> Tensor:
        """Logits (N, classes) on the CPU; asks about images that are new in this iteration, each once."""
        iteration = MessageHub.get_current_instance().get_info('iter', None)
        if iteration != self._iteration:
            self._known, self._iteration = {}, iteration
        keys = [image.tobytes() for image in pixels.numpy()]
        new = list({key: place for place, key in enumerate(keys) if key not in self._known}.values())
        for start in range(0, len(new), self.batch_size):
            places = new[start : start + self.batch_size]
            answers = self.ask(pixels[places])
            if len(answers) != len(places):
                raise ConfigError(
                    f'{self.name} gave {len(answers)} answers about {len(places)} images; expected as many'
                )
            self.queries += len(places)
            logits = logits_of(answers, self.answers, self.num_classes, self.floor, self.name)
            self._known.update(zip((keys[place] for place in places), logits))
        return torch.stack([self._known[key] for key in keys])


def black_boxes(networks: Iterable[nn.Module]) -> list[BlackBoxTeacher]:
    """Those of ``networks`` that have no gradient."""
    return [network for network in networks if isinstance(network, BlackBoxTeacher)]
