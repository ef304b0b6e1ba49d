"""A dataset of class labels only."""

import torch
from mmpretrain.structures import DataSample
from mmrazor.registry import DATASETS
from torch.utils.data import Dataset


@DATASETS.register_module()
class LabelDataset(Dataset):
    """Tells mmrazor's loop how many images to draw, and of which classes; it opens no file.

    Item i is a black image of one pixel, which mmrazor's loop preprocesses and nobody looks at, with the label
    i mod ``num_classes``. A shuffling sampler therefore draws balanced classes.

    Args:
        num_classes (int): Number of classes.
        channels (int): Image channels, as the data preprocessor expects them. Defaults to 3.
        length (int): Number of items, which only matters for epochs. Defaults to 50000.
        classes (list[str], optional): Names of the classes. Defaults to their numbers.
    """

    def __init__(
        self, num_classes: int, channels: int = 3, length: int = 50000, classes: list[str] | None = None
    ) -> None:
        self.metainfo = dict(classes=tuple(classes or map(str, range(num_classes))))
        self._images = torch.zeros(channels, 1, 1, dtype=torch.uint8)
        self.num_classes = num_classes
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> dict:
        """``dict(inputs=uint8 tensor (channels, 1, 1), data_samples=DataSample with gt_label)``."""
        if not 0 <= index < self._length:
            raise IndexError(index)
        return dict(inputs=self._images, data_samples=DataSample().set_gt_label(index % self.num_classes))
