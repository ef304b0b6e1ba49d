"""PNG files inside the page."""

import base64
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

SHOWN = 4


class Picture(NamedTuple):
    """A PNG as a data URI, its size in pixels, and what it is."""

    uri: str
    width: int
    height: int
    caption: str


class Strip(NamedTuple):
    """Pictures of one run through its training, and a sentence if some cannot be shown."""

    title: str
    pictures: list[Picture]
    note: str


def strip(title: str, files: dict[int, Path]) -> Strip:
    """The first, the last and some between, at even distances."""
    places = np.linspace(0, len(files) - 1, min(SHOWN, len(files))).round().astype(int)
    shown = [sorted(files.items())[place] for place in places]
    made = [(step, embedded(path, f'iteration {step}')) for step, path in shown]
    broken = [str(step) for step, picture in made if picture is None]
    note = f'No readable PNG: iteration {", ".join(broken)}.' if broken else ''
    return Strip(title, [picture for _, picture in made if picture], note)


def embedded(path: Path, caption: str) -> Picture | None:
    """A PNG for the page; None if it is damaged or something else."""
    content = path.read_bytes()
    try:
        with Image.open(io.BytesIO(content), formats=['PNG']) as image:
            image.load()
            size = image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):  # what Pillow raises at damaged files
        return None
    return Picture(f'data:image/png;base64,{base64.b64encode(content).decode()}', *size, caption)
