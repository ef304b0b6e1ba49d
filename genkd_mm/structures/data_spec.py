"""What a network's checkpoint tells of the images that it was trained on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..utils.errors import ConfigError


@dataclass(frozen=True)
class DataSpec:
    """The input of a classifier or a prior: classes, image shape and normalisation.

    Attributes:
        classes (tuple[str]): Name of each class; its length is the number of classes.
        image_shape (tuple[int]): Channels, height, width.
        mean (tuple[float]): Mean of each channel on the 0..255 scale: the network sees (pixel - mean) / std.
        std (tuple[float]): Standard deviation of each channel on the same scale.
    """

    classes: tuple[str, ...]
    image_shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def from_dict(cls, data: dict) -> 'DataSpec':
        """The inverse of :meth:`to_dict`; lists become tuples.

        Raises:
            ConfigError: If a field is missing or is no list.
        """
        try:
            return cls(*(tuple(data[name]) for name in cls.__dataclass_fields__))
        except (KeyError, TypeError) as error:
            raise ConfigError(
                f'The data specification of a checkpoint is {str(data)[:100]}; expected lists of '
                f'{", ".join(cls.__dataclass_fields__)}; use a whole file, as genkd_mm writes it'
            ) from error

    def to_dict(self) -> dict:
        """Plain lists, which ``torch.load(weights_only=True)`` reads."""
        return {name: list(value) for name, value in asdict(self).items()}

    def require(self, where: str, **expected: Any) -> None:
        """Compare this specification with what the config expects: any of num_classes, image_shape, mean and std.

        Raises:
            ConfigError: At the first difference; ``where`` names the checkpoint in the sentence.
        """
        found = dict(num_classes=len(self.classes), image_shape=self.image_shape, mean=self.mean, std=self.std)
        for name, value in expected.items():
            value = tuple(value) if isinstance(value, Sequence) else value
            if not _same(found[name], value):
                raise ConfigError(
                    f'{where} was trained with {name}={found[name]} but the config expects '
                    f'{name}={value}; use a checkpoint of the same data, or change the config'
                )


def _same(one, other) -> bool:
    """Equal numbers; one number stands for every channel."""
    one, other = (value if isinstance(value, tuple) else (value,) for value in (one, other))
    if 1 in (len(one), len(other)):
        length = max(len(one), len(other))
        one, other = (value * length if len(value) == 1 else value for value in (one, other))
    return len(one) == len(other) and all(abs(a - b) <= 1e-3 for a, b in zip(one, other))
