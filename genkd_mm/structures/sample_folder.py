"""A folder of stored samples, as tools/sample.py writes it and ``PseudoSampleDataset`` reads it.

::

    FOLDER/
        metadata.json           what the samples are and how they were made
        index.csv               one line a sample: file, label, and each teacher's label and probability
        images/03_cat/000013.png
        parts/                  only while sampling goes on: the index of each batch that is done

The images are PNG files in one folder a class, so a file browser, mmpretrain's ``CustomDataset``, torchvision's
``ImageFolder`` and torch-fidelity read them as they are, and nothing in the folder can run code. An image of
3 x 32 x 32 pixels takes one block of a disk, 4 kB.
"""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from ..utils import ConfigError, atomic_write, save_json, save_text

UNLABELLED = -1
REQUIRED = ('number', 'classes', 'image_shape', 'teachers')  # of metadata.json, to read the folder
NAMES = ('config', 'checkpoint')  # of files: they may be written in another way when sampling is taken up again


class SampleFolder:
    """Reads and writes the folder.

    Args:
        path (str | Path): The folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self._metadata, self._index, self._parts = (
            self.path / name for name in ('metadata.json', 'index.csv', 'parts')
        )

    @property
    def exists(self) -> bool:
        """Whether tools/sample.py has begun to write here."""
        return self._metadata.is_file()

    @property
    def finished(self) -> bool:
        """Whether all samples are here."""
        return self._index.is_file()

    def metadata(self) -> dict:
        """The content of metadata.json.

        Raises:
            ConfigError: If the file is damaged, or is another program's.
        """
        try:
            content = json.loads(self._metadata.read_text(encoding='utf-8'))
        except ValueError as error:
            raise ConfigError(
                f'{self._metadata} is no JSON ({error}); make the samples again with tools/sample.py'
            ) from error
        missing = [name for name in REQUIRED if not isinstance(content, dict) or name not in content]
        if missing:
            raise ConfigError(
                f'{self._metadata} has no {", ".join(missing)}, so tools/sample.py did not write '
                "it; rename it, if this is a folder of another model's images"
            )
        return content

    def start(self, metadata: dict) -> None:
        """Begin, or take up what an earlier call with the same ``metadata`` has begun.

        Raises:
            ConfigError: If the folder holds other samples, or anything else.
        """
        metadata = json.loads(json.dumps(metadata))  # tuples become lists, as in the file
        if self.exists:
            found = self.metadata()
            for name in sorted(metadata.keys() - set(NAMES)):
                if found.get(name) != metadata[name]:
                    raise ConfigError(
                        f'{self.path} holds samples made with {name}={found.get(name)!r}, not '
                        f'{metadata[name]!r}; write to another folder, or delete this one'
                    )
        else:
            self.path.mkdir(parents=True, exist_ok=True)
            if any(path.name != 'metadata.json.tmp' for path in self.path.iterdir()):  # what a kill right here leaves
                raise ConfigError(
                    f'{self.path} is no empty folder and holds no samples of tools/sample.py; write to another folder'
                )
            save_json(self._metadata, metadata)
        if not self.finished:
            self._parts.mkdir(exist_ok=True)

    def done(self) -> set[int]:
        """The batches whose samples are all written."""
        return {int(path.stem) for path in self._parts.glob('*.csv')}

    def progress(self) -> str:
        """How far it is, and how to use what is there."""
        return f'{len(self.done())} batches are whole, and {self.path / "images"} is a folder of images by itself'

    def write(self, batch: int, first: int, images: np.ndarray, labels: list[int], opinions: dict[str, list]) -> None:
        """Write the samples of a batch, and at the end its part of the index.

        Args:
            batch (int): Number of the batch.
            first (int): Number of its first sample.
            images (ndarray): Shape (N, H, W, C), uint8, RGB or grey.
            labels (list[int]): Class of each sample, or -1.
            opinions (dict[str, list]): More columns of the index.
        """
        rows = []
        classes = self.metadata()['classes']
        for number, (image, label) in enumerate(zip(images, labels, strict=True), start=first):
            name = Path('images', class_folder(label, classes), f'{number:06d}.png')
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(self.path / name) as file:
                Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file, 'png')
            rows.append(dict(file=name.as_posix(), label=label))
        for column, values in opinions.items():
            for row, value in zip(rows, values, strict=True):
                row[column] = value
        self._write_rows(self._parts / f'{batch:06d}.csv', rows)

    def finish(self) -> None:
        """Join the parts of the index."""
        parts = sorted(self._parts.glob('*.csv'))
        self._write_rows(self._index, [row for part in parts for row in read_rows(part)])
        shutil.rmtree(self._parts)

    def rows(self) -> list[dict[str, str]]:
        """The lines of the index.

        Raises:
            ConfigError: If sampling was stopped before its end, or lines are missing.
        """
        metadata = self.metadata()
        if not self.finished:
            raise ConfigError(
                f'{self.path} is not finished: {self.progress()}; run tools/sample.py with the same '
                'arguments again, which makes the rest'
            )
        rows = read_rows(self._index)
        if len(rows) != metadata['number']:
            raise ConfigError(
                f'{self._index} lists {len(rows)} samples but metadata.json says {metadata["number"]}; '
                'make the samples again with tools/sample.py'
            )
        return rows

    @staticmethod
    def _write_rows(path: Path, rows: list[dict]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0].keys(), lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)
        save_text(path, text.getvalue())


def read_rows(path: Path) -> list[dict[str, str]]:
    """The lines of a CSV file with a header."""
    with open(path, newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


def class_folder(label: int, classes: list[str]) -> str:
    """The folder of a class: its number, so folders sort as classes do, and its name; ``7``, ``03_cat``."""
    if label == UNLABELLED:
        return 'unlabelled'
    number = f'{label:0{len(str(len(classes) - 1))}d}'
    name = re.sub(r'\W+', '_', classes[label])
    return number if name == str(label) else f'{number}_{name}'
