"""Training of the prior by energy matching, on the side that owns the data."""

import copy

import torch
import torch.nn.functional as F
from mmengine.model import MomentumAnnealingEMA
from mmrazor.registry import MODELS
from torch import Tensor, nn

from ...utils import ConfigError, Precision
from ..criteria import FrozenNetworks
from ..energies import log_density
from ..losses import draw_flow_points, energy_matching_loss
from .prior import Prior


@MODELS.register_module()
class EnergyMatchingPrior(Prior):
    """Trains an energy-based model of the data without chains.

    Minimises mean (grad_x f(x_t, y) - (x_1 - x_0))^2 + w * mean t CE(g(x_t), y), with data x_1, noise x_0 ~ N(0, I)
    that is paired with it by optimal transport within each class of the batch, x_t = (1 - t) x_0 + t x_1 and
    t ~ U(0, 1) (Balcerak et al., "Energy Matching", 2025). A chain of n steps of 1 / n without noise, from N(0, I),
    then ends on an image. When sampling is unconditional f(x) takes the place of f(x, y), and a batch is paired as a
    whole.

    The generator's energy is the moving average of the trained one. Its chains are drawn by ``FillChainsHook`` when
    training ends, so the checkpoint works wherever one of ``EBMPrior`` does. With ``generator.sampler.guidance`` these
    chains also follow the owner's teacher; the training, which runs no chain, is the same.

    Args:
        generator (dict): As for :class:`Prior`; its sampler needs ``start='normal'``.
        classification_weight (float): w. Defaults to 0.01.
        momentum (float): Weight of the newest parameters in the moving average, once it is 100 / momentum iterations
            old. Defaults to 0.005.
        dtype (str): Autocast dtype of the training's passes, as for ``LangevinSampler``. Defaults to ``auto``.
        **kwargs: The other arguments of :class:`Prior`.

    Raises:
        ConfigError: As :class:`Prior`, or if the dtype is unknown, or the chains start from another distribution, or
            the guidance asks for a teacher that is not given or for a student.
    """

    def __init__(
        self,
        generator: dict,
        classification_weight: float = 0.01,
        momentum: float = 0.005,
        dtype: str = 'auto',
        **kwargs,
    ) -> None:
        super().__init__(generator, **kwargs)
        if self.generator.sampler.start != 'normal':
            raise ConfigError(
                f'model.generator.sampler.start is {self.generator.sampler.start!r} but EnergyMatchingPrior, whose '
                "flow starts from N(0, I), needs 'normal'"
            )
        self.classification_weight = classification_weight
        self.precision = Precision(dtype, 'model.dtype')
        self.energy = copy.deepcopy(self.generator.energy)
        self.average = MomentumAnnealingEMA(self.energy, momentum)
        self.generator.energy = self.average.module
        if self.generator.sampler.guidance:
            self._bind_guidance()

    def _bind_guidance(self) -> None:
        """Name the teacher for the criteria, and ask each once, which finds what it lacks before the training."""
        teachers = dict(teacher=TeacherOfImages(self)) if hasattr(self, 'teacher') else {}
        self.generator.bind(FrozenNetworks(teachers, student=None))
        images = torch.zeros(1, *self.generator.image_shape)
        for criterion in self.generator.sampler.guidance:
            if criterion.needs_networks and not teachers:
                raise ConfigError(
                    f'model.generator.sampler.guidance has {type(criterion).__name__} but the model has no teacher; '
                    'give teacher, teacher_ckpt and teacher_preprocessor, or take it out'
                )
            criterion(images, torch.zeros(1, dtype=torch.long))

    def loss(self, states: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The two losses."""
        self.average.update_parameters(self.energy)
        drawn_for = labels if self.generator.conditional else None
        points = draw_flow_points(states, drawn_for)
        with self.precision.autocast(states.device):
            logits = self.energy.logits(points.states)
        values = log_density(logits.float(), drawn_for)
        classification = F.cross_entropy(logits.float(), labels, reduction='none')
        return dict(
            loss_matching=energy_matching_loss(values, points.states, points.velocities),
            loss_classification=self.classification_weight * (points.times * classification).mean(),
        )


class TeacherOfImages(nn.Module):
    """The teacher of a prior, which takes images in [-1, 1]."""

    def __init__(self, prior: Prior) -> None:
        super().__init__()
        self.network, self._normalised = prior.teacher, prior.as_teacher_sees

    def forward(self, images: Tensor, mode: str) -> Tensor:
        """The network's answer."""
        return self.network(self._normalised(images), mode=mode)
