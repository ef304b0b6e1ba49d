"""Where the likelihood term of the fine-tuning takes its positives from."""
from collections.abc import Iterator

import torch
from mmengine.runner import Runner
from torch import Tensor

from ..utils import ConfigError
from .access import unwrapped


class PriorPositives:
    """The chains that came with the prior, as they were: the model stays near the prior and no data is needed.

    Args:
        generator (EBMGenerator): One that has loaded a prior.

    Raises:
        ConfigError: If no prior was loaded.
    """

    def __init__(self, generator) -> None:
        if generator.prior is None:
            raise ConfigError('PolicyGradientHook takes its positives from the prior\'s stored chains but '
                              'model.generator.init_cfg names no prior; set init_cfg=dict(type=\'Pretrained\', '
                              'checkpoint=...), or PolicyGradientHook.positives to a data loader\'s config')
        self._prior = generator.prior

    def draw(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """A random stored chain of each class: images (N, C, H, W), float32 in [-1, 1], and ``labels`` (N,)."""
        chains = self._prior.to(labels.device)
        return chains.read(chains.draw(labels if chains.num_classes > 1 else torch.zeros_like(labels))), labels


class DatasetPositives:
    """Images of a proxy data set, with its own classes.

    Its classes should be balanced, as the chains' are, or the likelihood lifts f(x, y) of the frequent ones.

    Args:
        runner (Runner): Builds the loader, with the run's seed.
        dataloader (dict): Its config, as ``train_dataloader`` has it.
        generator (EBMGenerator): Whose image shape the images must have.

    Raises:
        ConfigError: If the images are of another shape.
    """

    def __init__(self, runner: Runner, dataloader: dict, generator) -> None:
        self._loader = runner.build_dataloader(
            dataloader, seed=runner.seed, diff_rank_seed=runner.cfg.get('randomness', {}).get('diff_rank_seed', False))
        self._preprocess = unwrapped(runner.model).data_preprocessor
        self._generator = generator
        shape = tuple(self._loader.dataset[0]['inputs'].shape)
        if shape != generator.image_shape:
            raise ConfigError(f'PolicyGradientHook.positives has images of shape {shape} but the generator makes '
                              f'{generator.image_shape}; add a resizing transform to its pipeline')
        self._batches = self._endless()

    def _endless(self) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            for batch in self._loader:
                data = self._preprocess(batch, False)
                labels = torch.cat([sample.gt_label for sample in data['data_samples']])
                yield self._generator.from_classifier(data['inputs']), labels.to(data['inputs'].device)

    def draw(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The next batch of the loader: images (M, C, H, W), float32 in [-1, 1], and their classes (M,)."""
        return next(self._batches)
