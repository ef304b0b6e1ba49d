"""The chains of a checkpoint as images."""

from mmpretrain.datasets import BaseDataset
from mmrazor.registry import DATASETS

from ..samplers import labels_of_chains
from ..structures.pixels import to_bytes
from ..utils import ConfigError, read_checkpoint


@DATASETS.register_module()
class StoredChains(BaseDataset):
    """What a run's replay buffer held at its end, each image with the class that its chain was drawn for.

    A prior can be trained on the chains of a run that had no prior. The images are rounded to 8 bits.

    Args:
        checkpoint (str): A ``final.pth`` of ``GenKD`` or ``EBMPrior``.
        **kwargs: As for mmpretrain's ``BaseDataset``, for example ``pipeline`` and ``classes``, which otherwise are the
            numbers.

    Raises:
        ConfigError: If the file cannot be read or holds no chains.
    """

    def __init__(self, checkpoint: str, **kwargs) -> None:
        self.checkpoint = checkpoint
        super().__init__(ann_file='', **kwargs)

    def load_data_list(self) -> list[dict]:
        """Images as uint8 arrays (H, W, C), 0..255; called by mmengine."""
        key = 'StoredChains.checkpoint'
        chains = read_checkpoint(self.checkpoint, key).get('chains')
        if chains is None:
            raise ConfigError(
                f'{key} is {self.checkpoint!r}, which holds no chains; name the final.pth of a run whose '
                'generator is an EBMGenerator'
            )
        images = to_bytes(chains['states']).permute(0, 2, 3, 1).numpy()
        labels = labels_of_chains(chains)
        self._metainfo.setdefault('classes', tuple(map(str, range(chains['num_classes']))))
        return [dict(img=image, gt_label=label) for image, label in zip(images, labels.tolist())]
