"""Images drawn for a student."""

from typing import NamedTuple

from torch import Tensor

from .trajectory import Trajectory


class Samples(NamedTuple):
    """Images drawn for a student.

    Attributes:
        images (Tensor): Shape (N, C, H, W), in the classifiers' normalised space.
        labels (Tensor | None): The class each was drawn for, shape (N,); None when sampling is unconditional.
        slots (Tensor): The chains' places in the replay buffer, int64 on the CPU, shape (N,).
        trajectory (Trajectory | None): The recorded window of the chains that were run for them, if one was asked for.
    """

    images: Tensor
    labels: Tensor | None
    slots: Tensor
    trajectory: Trajectory | None = None
