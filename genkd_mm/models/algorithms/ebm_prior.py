"""Maximum-likelihood training of the prior, on the side that owns the data."""

import torch
import torch.nn.functional as F
from mmrazor.registry import MODELS
from torch import Tensor

from ...utils import ConfigError
from ..energies import log_density
from ..losses import maximum_likelihood_loss, noisy
from .prior import Prior


@MODELS.register_module()
class EBMPrior(Prior):
    """Trains an energy-based model of the data, and the classifier that it is made of.

    Minimises w * (mean f(x-) - mean f(x+)) + CE(g(x+), y) + alpha * (mean f(x+)^2 + mean f(x-)^2), with x+ = data plus
    noise, clamped to [-1, 1] if it is an image, and x- from persistent chains (Grathwohl et al., "JEM", ICLR 2020; Du
    and Mordatch, NeurIPS 2019). When sampling is conditional f stands for f(x, y) on both sides.

    Args:
        generator (dict): As for :class:`Prior`.
        likelihood_weight (float): w. Defaults to 1.0.
        energy_penalty (float): alpha. Defaults to 0.01.
        data_noise_std (float): Standard deviation of the noise on the data, on the chains' scale. Defaults to 0.03.
        **kwargs: The other arguments of :class:`Prior`.

    Raises:
        ConfigError: As :class:`Prior`, or if the chains, which are the other half of the loss, are guided.
    """

    def __init__(
        self,
        generator: dict,
        likelihood_weight: float = 1.0,
        energy_penalty: float = 0.01,
        data_noise_std: float = 0.03,
        **kwargs,
    ) -> None:
        super().__init__(generator, **kwargs)
        if self.generator.sampler.guidance:
            raise ConfigError(
                'model.generator.sampler.guidance is set but the chains of EBMPrior train the energy and must follow '
                'it alone; leave guidance out, or guide the chains of GenKD'
            )
        self.likelihood_weight = likelihood_weight
        self.energy_penalty = energy_penalty
        self.data_noise_std = data_noise_std
        self._acceptance = torch.zeros(())

    def loss(self, states: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The three losses, and what shows whether the prior is healthy: the energies of data and chains and their gap,
        in nats, the share of restarted chains, and how many of these were accepted (:func:`restart_acceptance`), in the
        latest batch that had any.

        Args:
            states (Tensor): Data, images in [-1, 1] or latents, shape (N, C, H, W).
            labels (Tensor): Shape (N,).
        """
        generator = self.generator
        with torch.no_grad():
            chains = generator.advance(labels).images
        data = noisy(states, self.data_noise_std, generator.sampler.clamp)
        logits = generator.energy.logits(torch.cat([data, chains])).float()
        drawn_for = labels.repeat(2) if generator.conditional else None
        positive, negative = log_density(logits, drawn_for).chunk(2)
        likelihood, penalty = maximum_likelihood_loss(positive, negative)
        restarted = generator.replay_buffer.restarted
        found = restart_acceptance(negative.detach(), restarted)
        self._acceptance = torch.where(found.isnan(), self._acceptance.to(found.device), found)
        return dict(
            loss_likelihood=self.likelihood_weight * likelihood,
            loss_classification=F.cross_entropy(logits[: len(states)], labels),
            loss_penalty=self.energy_penalty * penalty,
            energy_data=positive.mean().detach(),
            energy_chains=negative.mean().detach(),
            energy_gap=(positive.mean() - negative.mean()).detach(),
            restarts=restarted.float().mean(),
            restart_acceptance=self._acceptance,
        )


def restart_acceptance(values: Tensor, restarted: Tensor) -> Tensor:
    """Share of the restarted chains that pass for old ones: their f is above the lowest tenth of the others'.

    1 if one round takes a chain from noise to where the old chains are, 0 if none gets there, NaN without chains of
    both kinds.

    Args:
        values (Tensor): f at the chains' ends, shape (N,).
        restarted (Tensor): Which of them started from noise, bool, shape (N,).
    """
    # without a choice by the mask, whose size a GPU would have to tell
    threshold = values.masked_fill(restarted, torch.nan).nanquantile(0.1)
    passes = (values >= threshold).float()
    return passes.masked_fill(~restarted | threshold.isnan(), torch.nan).nanmean()
