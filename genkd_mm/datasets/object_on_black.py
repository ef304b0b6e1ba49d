"""Images of other datasets, made to look like those whose background is black."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmrazor.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ObjectOnBlack(BaseTransform):
    """A bright object on black, from any image: 2 * (x - b), clipped to 0..255, with b the median of the border.

    An image whose middle is darker than its border is inverted first. A teacher of a dataset with a black background,
    such as Fashion-MNIST, may take almost all images with another background for one class.

    Required Keys:

    - img, uint8, (H, W) or (H, W, C), 0..255

    Modified Keys:

    - img
    """

    CONTRAST = 2.0

    def transform(self, results: dict) -> dict:
        """Changes ``results['img']``; called by mmengine."""
        image = results['img'].astype(np.float32)
        height, width = image.shape[:2]
        middle = image[height // 4 : height - height // 4, width // 4 : width - width // 4]
        background = np.median(np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]]))
        if middle.mean() < background:
            image, background = 255 - image, 255 - background
        results['img'] = np.rint(np.clip(self.CONTRAST * (image - background), 0, 255)).astype(np.uint8)
        return results
