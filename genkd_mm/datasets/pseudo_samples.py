"""Stored images of any generative model as a training set."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmpretrain.datasets import BaseDataset
from mmrazor.registry import DATASETS
from PIL import Image, ImageOps
from torchvision.datasets.folder import IMG_EXTENSIONS

from ..structures import SampleFolder
from ..structures.sample_folder import UNLABELLED
from ..utils import ConfigError

IGNORED = -100  # the label that torch's cross entropy leaves out


@DATASETS.register_module()
class PseudoSampleDataset(BaseDataset):
    """Images that a generative model made: any mmrazor distillation trains on them.

    ``data_root`` is a folder that tools/sample.py wrote, or any folder of image files, for example of a GAN, a VAE or a
    diffusion model, with one sub-folder a class or without labels. Items have ``img``, uint8 (H, W, C), as mmpretrain's
    ``CIFAR10`` has them, and no ``LoadImageFromFile`` is needed: a pipeline of CIFAR fits as it is.

    mmrazor's algorithms ask for a label even where no loss uses it. An image without one is labelled -100, which
    torch's cross entropy leaves out, so the student's own loss is zero and ``KLDivergence`` and losses on feature
    maps work as usual. Where a loss needs labels (``DKDLoss``), let the teacher label them: tools/sample.py has asked
    it, see ``labels``; for other folders use mmrazor's ``CrossEntropyLoss`` of teacher and student, which is on the
    teacher's argmax.

    Args:
        data_root (str): The folder.
        num_classes (int, optional): How many outputs the networks have. The folder must have as many; an
            unlabelled one cannot say, so the number or ``classes`` must be given.
        labels (str): ``given``: the class that a sample was drawn for, or its sub-folder; ``none``; or the name of a
            teacher of the config that tools/sample.py was called with: that teacher's argmax. Defaults to ``given``.
        image_shape (Sequence[int], optional): Channels (1 or 3), height and width that every image must have. Defaults
            to that of tools/sample.py; images of other folders are read in colour and may have any size, which a
            transform should then make equal.
        channel_order (str): ``rgb``, or ``bgr`` for a data preprocessor with ``to_rgb=True``. Defaults to ``rgb``.
        **kwargs: As for mmpretrain's ``BaseDataset``, for example ``pipeline``. ``classes`` names sub-folders in the
            order of the labels; without it they are sorted, numbers by value.

    Raises:
        ConfigError: If the folder is missing, empty, or not finished, a label is none of the classes, or the number of
            classes or the shape of an image is another.
    """

    def __init__(
        self,
        data_root: str,
        num_classes: int | None = None,
        labels: str = 'given',
        image_shape: Sequence[int] | None = None,
        channel_order: str = 'rgb',
        **kwargs,
    ) -> None:
        if channel_order not in ('rgb', 'bgr'):
            raise ConfigError(f'PseudoSampleDataset.channel_order is {channel_order!r}; expected rgb or bgr')
        self.num_classes, self.labels, self.channel_order = num_classes, labels, channel_order
        self.image_shape = tuple(image_shape) if image_shape else None
        self.drawn = SampleFolder(data_root)
        super().__init__(ann_file='', data_root=str(self.drawn.path), **kwargs)

    def load_data_list(self) -> list[dict]:
        """Paths and labels; called by mmengine."""
        if not self.drawn.path.is_dir():
            raise ConfigError(
                f'PseudoSampleDataset.data_root is {self.data_root!r}, which is no folder; make samples '
                'with tools/sample.py, or name a folder of images'
            )
        items = self._of_sample_tool() if self.drawn.exists else self._of_any_folder()
        classes = self._metainfo['classes']
        if self.num_classes not in (None, len(classes)):
            raise ConfigError(
                f'PseudoSampleDataset.num_classes is {self.num_classes} but {self.data_root} has '
                f'{len(classes)} classes ({", ".join(classes[:5])}, ...); use samples of the same data'
            )
        return items

    def _of_sample_tool(self) -> list[dict]:
        """A folder of tools/sample.py."""
        metadata, rows = self.drawn.metadata(), self.drawn.rows()
        self._expect_shape(tuple(metadata['image_shape']))
        self._metainfo.setdefault('classes', tuple(metadata['classes']))
        if len(self.CLASSES) != len(metadata['classes']):
            raise ConfigError(
                f'PseudoSampleDataset.classes names {len(self.CLASSES)} classes but {self.data_root} has '
                f'{len(metadata["classes"])}; leave it out, or name them all'
            )
        choices = {'given': 'label', **{name: f'{name}_label' for name in metadata['teachers']}}
        if self.labels not in ('none', *choices):
            raise ConfigError(
                f'PseudoSampleDataset.labels is {self.labels!r} but {self.data_root} has given, none'
                f'{"".join(f", {name}" for name in metadata["teachers"])}; use one of these, or call '
                'tools/sample.py with a config that has the teacher'
            )
        column = choices.get(self.labels)
        allowed = {str(label): label for label in (UNLABELLED, *range(len(self.CLASSES)))}
        for row in rows:
            if column and row.get(column) not in allowed:
                raise ConfigError(
                    f'{self.data_root}/index.csv gives {row["file"]} the {column} {row.get(column)!r}; expected 0 to '
                    f'{len(self.CLASSES) - 1}, or -1 for none; make the samples again with tools/sample.py'
                )
        return [
            self._item(self.drawn.path / row['file'], allowed[row[column]] if column else UNLABELLED) for row in rows
        ]

    def _of_any_folder(self) -> list[dict]:
        """Image files, with one sub-folder a class or without labels."""
        if self.labels not in ('given', 'none'):
            raise ConfigError(
                f'PseudoSampleDataset.labels is {self.labels!r} but {self.data_root} was not made by '
                "tools/sample.py and holds no teacher's opinion; use given (sub-folders) or none"
            )
        names = sorted(
            (path.name for path in self.drawn.path.iterdir() if path.is_dir() and path.name[0] != '.'), key=number_first
        )
        if self.labels == 'none' or not names:
            items = [self._item(path, UNLABELLED) for path in images_in(self.drawn.path)]
            if self.CLASSES is None and self.num_classes is None:
                raise ConfigError(
                    f'{self.data_root} has no labels and so does not say how many classes there are; set '
                    'PseudoSampleDataset.num_classes to that of the networks'
                )
            self._metainfo.setdefault('classes', tuple(map(str, range(self.num_classes or 0))))
        else:
            self._metainfo.setdefault('classes', tuple(names))
            if set(self.CLASSES) != set(names):
                raise ConfigError(
                    f'{self.data_root} has the sub-folders {", ".join(names[:5])}, ... but PseudoSampleDataset.classes '
                    f'names {", ".join(self.CLASSES[:5])}, ...; name every sub-folder once'
                )
            items = [
                self._item(path, label)
                for label, name in enumerate(self.CLASSES)
                for path in images_in(self.drawn.path / name)
            ]
        if not items:
            raise ConfigError(
                f'PseudoSampleDataset.data_root is {self.data_root!r}, which holds no image file '
                f'({", ".join(IMG_EXTENSIONS)}); name a folder of images'
            )
        return items

    @staticmethod
    def _item(path: Path, label: int) -> dict:
        return dict(img_path=str(path), gt_label=IGNORED if label == UNLABELLED else label)

    def _expect_shape(self, found: tuple[int, int, int]) -> None:
        if self.image_shape not in (None, found):
            raise ConfigError(
                f'PseudoSampleDataset.image_shape is {self.image_shape} but {self.data_root} holds '
                f'images of {found}; use samples of the same data'
            )
        self.image_shape = found

    def prepare_data(self, idx: int) -> dict:
        """Read an image and run the pipeline; called by mmengine."""
        item = self.get_data_info(idx)
        return self.pipeline(dict(item, img=self.read(item['img_path'])))

    def read(self, path: str) -> np.ndarray:
        """An image file as uint8 (H, W, C), 0..255.

        Raises:
            ConfigError: If the file is missing or damaged, or the image is of another shape than all should be.
        """
        grey = self.image_shape is not None and self.image_shape[0] == 1
        try:
            with Image.open(path) as file:
                image = np.array(eight_bits(ImageOps.exif_transpose(file)).convert('L' if grey else 'RGB'))
        except (OSError, SyntaxError, ValueError) as error:  # what PIL raises at damaged bytes
            again = 'make the samples again' if self.drawn.exists else 'take it out of the folder'
            raise ConfigError(f'{path} cannot be read as an image ({error}); {again}') from error
        image = image[..., None] if grey else image
        image = np.ascontiguousarray(image[..., ::-1]) if self.channel_order == 'bgr' else image
        height, width, channels = image.shape
        if self.image_shape not in (None, (channels, height, width)):
            raise ConfigError(
                f'{path} is an image of shape {(channels, height, width)} but all should have {self.image_shape}; '
                'correct PseudoSampleDataset.image_shape, or leave it out and resize in the pipeline'
            )
        return image


def eight_bits(image: Image.Image) -> Image.Image:
    """An image of 16 bits a pixel in 8, 65535 as 255; PIL's own conversion cuts at 255 instead.

    Raises:
        ValueError: If pixels are floats or 32-bit integers, whose range no file tells.
    """
    if image.mode.startswith('I;16'):
        return Image.fromarray(np.round(np.asarray(image) / 257).astype(np.uint8))
    if image.mode in ('F', 'I'):
        raise ValueError(f'its pixels, of mode {image.mode}, have no known range; expected 8 or 16 bits a pixel')
    return image


def images_in(folder: Path) -> list[Path]:
    """Image files in a folder and its sub-folders, sorted; none that is hidden, or in a hidden folder."""
    return sorted(
        path
        for path in folder.rglob('*')
        if path.suffix.lower() in IMG_EXTENSIONS
        and not any(part.startswith('.') for part in path.relative_to(folder).parts)
    )


def number_first(name: str) -> tuple[int, int, str]:
    """Sorts numbers by value, before other names: 2 comes before 10."""
    return (0, int(name), name) if name.isdecimal() else (1, 0, name)
