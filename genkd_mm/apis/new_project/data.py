"""What a folder of images, or a NumPy archive, holds."""

import random
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from ...datasets.npz import read_npz
from ...datasets.pseudo_samples import images_in
from ...utils import ConfigError, save_text

SPLITS = dict(train=('train', 'training'), test=('test', 'testing', 'val', 'valid', 'validation'))
ARRAYS = (  # names of MedMNIST's and of Keras's files
    dict(train=('train_images', 'train_labels'), test=('test_images', 'test_labels')),
    dict(train=('x_train', 'y_train'), test=('x_test', 'y_test')),
)
HELD_OUT = 5  # every fifth image of a folder without a test set
LOOKED_AT = 2000  # images whose pixels give mean and deviation


class Data(NamedTuple):
    """Images, their classes and their two sets."""

    path: Path  # the folder or the archive
    classes: tuple[str, ...]  # in the order of the labels
    # (path below ``path``, label) of each image; of an archive, the names of the images' and the labels' array
    train: list[tuple[str, int]] | tuple[str, str]
    test: list[tuple[str, int]] | tuple[str, str]
    number: dict[str, int]  # of images, by set
    sizes: Counter  # how many images have which (height, width), of those that were looked at
    channels: int  # 1 if all images are grey, else 3

    @property
    def is_archive(self) -> bool:
        """Whether the images are arrays in one file."""
        return self.path.is_file()


def inspect_data(path: str | Path) -> Data:
    """Look at a folder with one sub-folder a class, in train and test or not, or at a ``.npz`` file.

    Raises:
        ConfigError: If it is neither, has fewer than two classes, or its images cannot be read.
    """
    path = Path(path)
    if path.is_file() and path.suffix == '.npz':
        found = _archive(path)
    elif path.is_dir():
        found = _folder(path)
    else:
        raise ConfigError(f'--data is {str(path)!r}; expected a folder of images or a .npz file')
    if len(found.classes) < 2 or not all(found.number.values()):
        raise ConfigError(
            f'--data ({path}) has {len(found.classes)} classes, {found.number["train"]} training and '
            f'{found.number["test"]} test images; expected two classes or more, each a sub-folder with images'
        )
    return found


def _archive(path: Path) -> Data:
    with np.load(path, allow_pickle=False) as archive:
        names = next((names for names in ARRAYS if set(sum(names.values(), ())) <= set(archive.files)), None)
        if names is None:
            raise ConfigError(
                f'--data ({path}) holds the arrays {", ".join(archive.files)}; expected train_images, train_labels, '
                'test_images and test_labels, or x_train, y_train, x_test and y_test'
            )
    arrays = {split: read_npz(path, *names[split]) for split in names}
    images, labels = arrays['train']
    classes = tuple(map(str, range(int(max(labels.max(), arrays['test'][1].max())) + 1)))
    number = {split: len(labels) for split, (_, labels) in arrays.items()}
    sizes = Counter({images.shape[1:3]: len(images)})
    return Data(path, classes, names['train'], names['test'], number, sizes, images.shape[3])


def _folder(path: Path) -> Data:
    folders = {folder.name.lower(): folder for folder in _folders(path)}
    split = {name: next((folders[own] for own in owns if own in folders), None) for name, owns in SPLITS.items()}
    if split['test'] and not split['train']:
        raise ConfigError(f'--data ({path}) has {split["test"].name} but no train; put the other classes into train')
    root = split['train'] or path
    classes = tuple(folder.name for folder in _folders(root))
    train = _images(path, root, classes)
    if split['test']:
        strangers = {folder.name for folder in _folders(split['test'])} - set(classes)
        if strangers:
            raise ConfigError(
                f'{split["test"]} has the class {min(strangers)!r}, which {root} has not; add or remove it'
            )
        test = _images(path, split['test'], classes)
    else:
        random.Random(0).shuffle(train)
        train.sort(key=lambda item: item[1])
        test = [item for index, item in enumerate(train) if index % HELD_OUT == 0]
        train = [item for index, item in enumerate(train) if index % HELD_OUT]
    sizes, modes = Counter(), set()
    for name, _ in random.Random(0).sample(train, min(LOOKED_AT, len(train))):
        try:
            with Image.open(path / name) as image:
                image.load()
                sizes[image.height, image.width] += 1
                modes.add(image.mode)
        except (OSError, UnidentifiedImageError) as error:
            raise ConfigError(
                f'{path / name} cannot be read as an image ({error}); take it out of the folder'
            ) from error
    grey = modes <= {'1', 'L', 'LA', 'I', 'I;16', 'F'}
    return Data(path, classes, train, test, dict(train=len(train), test=len(test)), sizes, 1 if grey else 3)


def _folders(path: Path) -> list[Path]:
    return sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith('.'))


def _images(path: Path, root: Path, classes: tuple[str, ...]) -> list[tuple[str, int]]:
    return [
        (file.relative_to(path).as_posix(), label)
        for label, name in enumerate(classes)
        for file in images_in(root / name)
    ]


def write_lists(data: Data, folder: Path) -> None:
    """``classes.txt`` and, of a folder of images, ``train.txt`` and ``test.txt``, as ``CustomDataset`` reads them."""
    lists = dict(classes=data.classes)
    if not data.is_archive:
        lists |= {name: [f'{file} {label}' for file, label in getattr(data, name)] for name in ('train', 'test')}
    for name, lines in lists.items():
        save_text(folder / f'{name}.txt', '\n'.join(lines) + '\n')


def in_order(data: Data, names: tuple[str, ...] | None) -> Data:
    """The data with the classes in the order of the teacher's ``names``, where these are the same names.

    Raises:
        ConfigError: If the teacher has another number of classes.
    """
    if names is None or names == data.classes:
        return data
    if len(names) != len(data.classes):
        raise ConfigError(
            f'--teacher tells {len(names)} classes ({", ".join(names[:5])}, ...) but --data has {len(data.classes)} '
            f"({', '.join(data.classes[:5])}, ...); give data of the teacher's classes"
        )
    if data.is_archive or set(names) != set(data.classes):
        return data._replace(classes=names if data.is_archive else data.classes)
    label = {old: names.index(name) for old, name in enumerate(data.classes)}
    moved = {split: [(file, label[old]) for file, old in getattr(data, split)] for split in ('train', 'test')}
    return data._replace(classes=names, **moved)


def statistics(data: Data, image_shape: tuple[int, int, int]) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each channel of the training pixels, 0..255, RGB or grey."""
    channels, *size = image_shape
    if data.is_archive:
        pixels = read_npz(data.path, *data.train)[0][:LOOKED_AT].reshape(-1, channels).astype(float)
    else:
        names = random.Random(0).sample(data.train, min(LOOKED_AT, len(data.train)))
        mode = 'L' if channels == 1 else 'RGB'
        images = [Image.open(data.path / name).convert(mode).resize(size) for name, _ in names]
        pixels = np.stack(images).reshape(-1, channels).astype(float)
    return [[round(float(value), 1) for value in values] for values in (pixels.mean(0), pixels.std(0))]
