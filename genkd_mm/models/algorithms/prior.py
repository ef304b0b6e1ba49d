"""What the trainings of a prior share."""

from abc import abstractmethod

import torch
from mmengine.model import BaseModel
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS
from torch import Tensor, nn

from ...structures.pixels import HALF_RANGE, to_pixels
from ...utils import ConfigError
from ..classifiers import load_teacher


class Prior(BaseModel):
    """An energy-based model in training, on the side that owns the data; of latents, if its generator has a decoder.

    Args:
        generator (dict): Config of the ``EBMGenerator``; its mean and std stay at 127.5, the energy's own space.
        data_preprocessor (dict): Must map pixels to [-1, 1]: mean and std 127.5.
        init_cfg (dict, optional): Initialisation, as for any mmengine module.
        teacher (dict, optional): Config of a teacher, if the subclass uses one.
        teacher_ckpt (str, optional): Its checkpoint, which must fit.
        teacher_preprocessor (dict, optional): Config of the data preprocessor that the teacher was trained with.

    Raises:
        ConfigError: If the prior does not work on [-1, 1], or the teacher's checkpoint is missing, does not fit, or is
            of other images or classes.
    """

    def __init__(
        self,
        generator: dict,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
        teacher: dict | None = None,
        teacher_ckpt: str | None = None,
        teacher_preprocessor: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.generator = MODELS.build(generator)
        require_own_space('model.data_preprocessor', self.data_preprocessor)
        require_own_space('model.generator', self.generator)
        if teacher is not None:
            self.teacher = MODELS.build(teacher)
            self.teacher_preprocessor = MODELS.build(teacher_preprocessor)
            mean, std = (getattr(self.teacher_preprocessor, name).flatten().tolist() for name in ('mean', 'std'))
            shape, num_classes = self.generator.image_shape, self.generator.num_classes
            spec = dict(num_classes=num_classes, image_shape=shape, mean=mean, std=std)
            load_teacher(self.teacher, teacher_ckpt, 'model.teacher_ckpt', **spec)
            self.teacher.requires_grad_(False)

    def as_teacher_sees(self, images: Tensor) -> Tensor:
        """Images in [-1, 1] -> the teacher's normalised space."""
        return self.teacher_preprocessor(dict(inputs=to_pixels(images)))['inputs']

    def forward(
        self, inputs: Tensor, data_samples: list[DataSample] | None = None, mode: str = 'tensor'
    ) -> dict[str, Tensor] | list[DataSample] | Tensor:
        """``loss`` trains the prior; ``predict`` and ``tensor`` are those of the energy's classifier.

        Args:
            inputs (Tensor): Images (N, C, H, W) in [-1, 1].
            data_samples (list, optional): mmpretrain data samples with ``gt_label``.
            mode (str): ``loss``, ``predict`` or ``tensor``. Defaults to ``tensor``.

        Raises:
            ValueError: If ``loss`` is asked for without data samples.
        """
        states = self.generator.to_states(inputs)
        if mode == 'loss':
            if data_samples is None:
                raise ValueError(
                    f"{type(self).__name__} asks for data_samples in mode 'loss': their classes are a part of it"
                )
            return self.loss(states, torch.cat([sample.gt_label for sample in data_samples]))
        return self.generator.energy.classifier(states, data_samples, mode=mode)

    @abstractmethod
    def loss(self, states: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Losses and metrics of data (N, C, H, W), images in [-1, 1] or latents, and their classes (N,)."""


def require_own_space(where: str, module: nn.Module) -> None:
    """``module.mean`` and ``module.std`` must be 127.5 in every channel."""
    for name in ('mean', 'std'):
        value = getattr(module, name, None)
        numbers = [] if value is None else torch.as_tensor(value).flatten().tolist()
        if not numbers or any(number != HALF_RANGE for number in numbers):
            raise ConfigError(f'{where}.{name} is {numbers or None} but the prior works on [-1, 1]; set it to [127.5]')
