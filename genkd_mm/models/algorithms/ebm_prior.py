"""Maximum-likelihood training of the prior, on the side that owns the data."""

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS
from torch import Tensor

from ...utils import ConfigError
from ..energies import energy_of_logits
from ..generators.ebm_generator import HALF_RANGE
from ..losses import maximum_likelihood_loss


@MODELS.register_module()
class EBMPrior(BaseModel):
    """Trains an energy-based model of the data, and the classifier that it is made of.

    Minimises w * (mean f(x-) - mean f(x+)) + CE(g(x+), y) + alpha * (mean f(x+)^2 + mean f(x-)^2), with x+ = data plus
    noise, clamped to [-1, 1], and x- from persistent chains (Grathwohl et al., "JEM", ICLR 2020; Du and Mordatch,
    NeurIPS 2019). When sampling is conditional f stands for f(x, y) on both sides.

    Args:
        generator (dict): Config of the ``EBMGenerator``; its mean and std stay at 127.5, the energy's own space.
        likelihood_weight (float): w. Defaults to 1.0.
        energy_penalty (float): alpha. Defaults to 0.01.
        data_noise_std (float): Standard deviation of the noise on the data, on the [-1, 1] scale. Defaults to 0.03.
        data_preprocessor (dict): Must map pixels to [-1, 1]: mean and std 127.5.
        init_cfg (dict, optional): Initialisation, as for any mmengine module.

    Raises:
        ConfigError: If the preprocessor or the generator has another mean or std.
    """

    def __init__(
        self,
        generator: dict,
        likelihood_weight: float = 1.0,
        energy_penalty: float = 0.01,
        data_noise_std: float = 0.03,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.generator = MODELS.build(generator)
        require_own_space('model.data_preprocessor', self.data_preprocessor)
        require_own_space('model.generator', self.generator)
        self.likelihood_weight = likelihood_weight
        self.energy_penalty = energy_penalty
        self.data_noise_std = data_noise_std
        self._acceptance = torch.zeros(())

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
        if mode == 'loss':
            if data_samples is None:
                raise ValueError("EBMPrior asks for data_samples in mode 'loss': their classes are a part of it")
            return self.loss(inputs, torch.cat([sample.gt_label for sample in data_samples]))
        return self.generator.energy.classifier(inputs, data_samples, mode=mode)

    def loss(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The three losses, and what shows whether the prior is healthy: the energies of data and chains and their gap,
        in nats, the share of restarted chains, and how many of these were accepted (:func:`restart_acceptance`), in the
        latest batch that had any.

        Args:
            images (Tensor): Shape (N, C, H, W), in [-1, 1].
            labels (Tensor): Shape (N,).
        """
        generator = self.generator
        with torch.no_grad():
            chains = generator.sample(labels).images  # in the energy's own space: mean and std are 127.5
        data = (images + self.data_noise_std * torch.randn_like(images)).clamp(-1, 1)
        logits = generator.energy.logits(torch.cat([data, chains])).float()
        drawn_for = labels.repeat(2) if generator.conditional else None
        positive, negative = energy_of_logits(logits, drawn_for).chunk(2)
        likelihood, penalty = maximum_likelihood_loss(positive, negative)
        restarted = generator.replay_buffer.restarted
        if restarted.any() and not restarted.all():
            self._acceptance = restart_acceptance(negative.detach(), restarted)
        return dict(
            loss_likelihood=self.likelihood_weight * likelihood,
            loss_classification=F.cross_entropy(logits[: len(images)], labels),
            loss_penalty=self.energy_penalty * penalty,
            energy_data=positive.mean().detach(),
            energy_chains=negative.mean().detach(),
            energy_gap=(positive.mean() - negative.mean()).detach(),
            restarts=restarted.float().mean(),
            restart_acceptance=self._acceptance,
        )


def restart_acceptance(energies: Tensor, restarted: Tensor) -> Tensor:
    """Share of the restarted chains that pass for old ones: their f is above the lowest tenth of the others'.

    1 if one visit takes a chain from noise to where the old chains are, 0 if none gets there.

    Args:
        energies (Tensor): f at the chains' ends, shape (N,).
        restarted (Tensor): Which of them started from noise, bool, shape (N,); some, not all.
    """
    return (energies[restarted] >= energies[~restarted].quantile(0.1)).float().mean()


def require_own_space(where: str, module: BaseModel) -> None:
    """``module.mean`` and ``module.std`` must be 127.5 in every channel.

    Raises:
        ConfigError: If they are not; ``where`` names the config key.
    """
    for name in ('mean', 'std'):
        value = getattr(module, name, None)
        numbers = [] if value is None else torch.as_tensor(value).flatten().tolist()
        if not numbers or any(number != HALF_RANGE for number in numbers):
            raise ConfigError(f'{where}.{name} is {numbers or None} but the prior works on [-1, 1]; set it to [127.5]')
