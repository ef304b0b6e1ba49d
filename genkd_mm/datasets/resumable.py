"""An endless sequence of draws that can be taken up at any position."""

from collections.abc import Iterator, Sequence, Sized
from typing import Any

import torch
from mmengine.dist import get_rank, get_world_size, sync_random_seed
from mmrazor.registry import DATA_SAMPLERS, DATASETS
from torch.utils.data import Dataset, Sampler

from ..utils import seeded


class Draw(int):
    """An index into a dataset that knows the sampler's ``seed`` and its ``position`` in all ranks' sequence."""

    seed: int
    position: int

    def __new__(cls, index: int, seed: int, position: int) -> 'Draw':
        draw = super().__new__(cls, index)
        draw.seed, draw.position = seed, position
        return draw

    def __reduce__(self) -> tuple[type['Draw'], tuple[int, int, int]]:
        return Draw, (int(self), self.seed, self.position)


@DATA_SAMPLERS.register_module()
class ResumableSampler(Sampler):
    """Endless passes over a dataset, each in a new order, like mmengine's ``InfiniteSampler``.

    Draw p of all ranks is item p mod n of pass p div n, whose order is seeded by (seed, pass); rank r of R makes draws
    r, r + R, ... . Any position can be reached without drawing what comes before it, on any number of ranks.

    Args:
        dataset (Sized): The dataset.
        shuffle (bool): False to keep the dataset's order in each pass. Defaults to True.
        seed (int, optional): Defaults to one that all ranks share.

    Attributes:
        start (int): Draws of all ranks that lie behind; set it before iterating. 0 at first.
    """

    def __init__(self, dataset: Sized, shuffle: bool = True, seed: int | None = None) -> None:
        self.size = len(dataset)
        self.shuffle = shuffle
        self.seed = sync_random_seed() if seed is None else seed
        self.start = 0

    def __iter__(self) -> Iterator[Draw]:
        position, ranks = self.start + get_rank(), get_world_size()
        while True:
            pass_index = position // self.size
            order = self._order(pass_index)
            while position // self.size == pass_index:
                yield Draw(order[position % self.size], self.seed, position)
                position += ranks

    def __len__(self) -> int:
        return self.size

    def _order(self, pass_index: int) -> Sequence[int]:
        if not self.shuffle:
            return range(self.size)
        with seeded(self.seed, pass_index):
            return torch.randperm(self.size).tolist()


@DATASETS.register_module()
class SeededDataset(Dataset):
    """A dataset whose random transforms depend on the sampler's seed and the batch's position alone.

    Neither the past nor the number of worker processes matters, and the process's own random numbers are untouched.
    Its batches must come from a ``ResumableSampler``.

    Args:
        dataset (dict): Config of any dataset.
    """

    def __init__(self, dataset: dict) -> None:
        self.dataset = DATASETS.build(dataset)
        if hasattr(self.dataset, 'full_init'):
            self.dataset.full_init()

    @property
    def metainfo(self) -> dict:
        """That of the dataset inside; empty if it has none."""
        return getattr(self.dataset, 'metainfo', {})

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[index]

    def __getitems__(self, draws: Sequence[Draw]) -> list:
        """A batch; torch's ``DataLoader`` calls it."""
        with seeded(draws[0].seed, draws[0].position):
            return [self.dataset[draw] for draw in draws]
