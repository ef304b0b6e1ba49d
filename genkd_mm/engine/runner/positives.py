"""Where the likelihood term of the fine-tuning takes its positives from."""

import torch
from mmengine.dist import get_world_size
from mmengine.runner import Runner
from torch import Tensor

from ...models import EBMGenerator
from ...utils import ConfigError, unwrapped
from .loop import resumable_loader


class PriorPositives:
    """The chains that came with the prior, as they were: the model stays near the prior and no data is needed.

    Args:
        generator (EBMGenerator): One that has loaded a prior.
    """

    def __init__(self, generator: EBMGenerator) -> None:
        if generator.prior is None:
            raise ConfigError(
                "PolicyGradientHook takes its positives from the prior's stored chains but "
                "model.generator.init_cfg names no prior; set init_cfg=dict(type='Pretrained', "
                "checkpoint=...), or PolicyGradientHook.positives, without a temperature, to a data loader's config"
            )
        self._prior = generator.prior

    def draw(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """A random stored chain of each class: images (N, C, H, W), float32 in [-1, 1], and ``labels`` (N,)."""
        chains = self._prior.to(labels.device)
        slots = torch.randint(chains.chains_per_class, labels.shape, device=labels.device)
        return chains.read(slots + labels * chains.chains_per_class * (chains.num_classes > 1)), labels

    def state_dict(self) -> dict:
        """Nothing: the prior's chains stay as they were."""
        return {}


class RewardedPositives:
    """The run's own chains, those with a high reward more often, beside the prior's.

    A positive is drawn from the stored chains of its class with p proportional to exp(R / T), or, with probability
    ``prior_share``, from the chains that came with the prior.

    Args:
        generator (EBMGenerator): One that has loaded a prior.
        temperature (float): T, in units of the reward.
        prior_share (float): In [0, 1].
    """

    def __init__(self, generator: EBMGenerator, temperature: float, prior_share: float) -> None:
        self._prior = PriorPositives(generator)
        self._buffer = generator.replay_buffer
        self._temperature = temperature
        self._prior_share = prior_share

    def draw(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """A chain of each class: images (N, C, H, W), float32 in [-1, 1], and ``labels`` (N,)."""
        rewarded = self._buffer.read(self._buffer.draw_rewarded(labels, self._temperature))
        from_prior = torch.rand(len(labels), 1, 1, 1, device=labels.device) < self._prior_share
        return torch.where(from_prior, self._prior.draw(labels)[0], rewarded), labels

    def state_dict(self) -> dict:
        """Nothing: the replay buffer keeps the rewards."""
        return {}


class DatasetPositives:
    """Images of a proxy dataset, with its own classes.

    Its classes should be balanced, as the chains' are, or the likelihood lifts f(x, y) of the frequent ones.
    ``dataloader`` is a config like ``train_dataloader``; ``state``, from :meth:`state_dict`, is where an earlier
    process stopped.
    """

    def __init__(self, runner: Runner, dataloader: dict, generator: EBMGenerator, state: dict | None = None) -> None:
        self._loader = resumable_loader(runner, dataloader, 'PolicyGradientHook.positives')
        self._preprocess = unwrapped(runner.model).data_preprocessor
        self._generator = generator
        shape = tuple(self._loader.dataset[0]['inputs'].shape)
        if shape != generator.image_shape:
            raise ConfigError(
                f'PolicyGradientHook.positives has images of shape {shape} but the generator makes '
                f'{generator.image_shape}; add a resizing transform to its pipeline'
            )
        sampler = self._loader.sampler
        if state:
            sampler.start, sampler.seed = state['draws'], state['seed']
        self._draws = sampler.start
        self._batches = iter(self._loader)

    def state_dict(self) -> dict:
        """``draws`` of all ranks so far, and the sampler's ``seed``."""
        return dict(draws=self._draws, seed=self._loader.sampler.seed)

    def draw(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The next batch of the loader: images (M, C, H, W), float32 in [-1, 1], and their classes (M,)."""
        data = self._preprocess(next(self._batches), False)
        self._draws += self._loader.batch_size * get_world_size()
        drawn_labels = torch.cat([sample.gt_label for sample in data['data_samples']]).to(data['inputs'].device)
        return self._generator.from_classifier(data['inputs']), drawn_labels
