"""Images of any shape, for trying a config without its data."""

import numpy as np
from mmpretrain.datasets import BaseDataset
from mmrazor.registry import DATASETS


@DATASETS.register_module()
class SyntheticImages(BaseDataset):
    """Noisy copies of one random pattern for each class: learnable, of any shape, the same on every machine.

    Args:
        num_classes (int): Number of classes.
        image_shape (Sequence[int]): Channels, height, width.
        length (int): Number of images; item i is of class i mod ``num_classes``. Defaults to 256.
        seed (int): Seed of the noise; the patterns are the same for every seed. Defaults to 0.
        **kwargs: As for mmpretrain's ``BaseDataset``, for example ``pipeline``.
    """

    def __init__(
        self,
        num_classes: int,
        image_shape: tuple[int, int, int] = (3, 32, 32),
        length: int = 256,
        seed: int = 0,
        **kwargs,
    ) -> None:
        self.num_classes, self.image_shape, self.length, self.seed = num_classes, tuple(image_shape), length, seed
        super().__init__(ann_file='', classes=[str(i) for i in range(num_classes)], **kwargs)

    def load_data_list(self) -> list[dict]:
        """Images as uint8 arrays (H, W, C), 0..255; called by mmengine."""
        channels, height, width = self.image_shape
        patterns = np.random.default_rng(0).uniform(0, 255, (self.num_classes, height, width, channels))
        noise = np.random.default_rng(self.seed + 1)
        labels = np.arange(self.length) % self.num_classes
        images = patterns[labels] + noise.normal(0, 40, (self.length, height, width, channels))
        return [
            dict(img=np.clip(image, 0, 255).astype(np.uint8), gt_label=int(label))
            for image, label in zip(images, labels)
        ]
