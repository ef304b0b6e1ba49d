"""Images drawn for a student."""

from typing import NamedTuple

from torch import Tensor


class Samples(NamedTuple):
    """Images drawn for a student.

    Attributes:
        images (Tensor): Shape (N, C, H, W), in the classifiers' normalised space.
        labels (Tensor | None): The class each was drawn for, shape (N,); None when sampling is unconditional.
        slots (Tensor): The chains' places in the replay buffer, shape (N,).
    """

    images: Tensor
    labels: Tensor | None
    slots: Tensor
