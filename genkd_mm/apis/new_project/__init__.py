"""From a folder of images and a teacher to the configs of a prior and a student."""

import contextlib
import io
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mmrazor.registry import MODELS

from ...engine.runner.build_errors import built_or_one_sentence
from ...engine.runner.config import load_config
from ...engine.runner.launch import process_group
from ...engine.runner.standing import near_chance
from ...engine.runner.summary import top1
from ...models.classifiers import require_outputs
from ...utils import ConfigError, duration
from ..test import test
from .configs import Plan, classifier, plan, write_configs
from .data import Data, in_order, inspect_data, statistics, write_lists
from .rehearsal import Part, rehearse
from .teacher import Teacher, read_teacher

LARGEST = 64  # pixels; the method models each of them
DEFAULT_SIZE = 32
LONGEST = 3600  # seconds that a prior or a student may take on this machine
LEAST = 300  # iterations that are left of it


def new_project(
    folder: str | Path,
    data: str | Path,
    teacher: tuple[str, str] | None = None,
    size: int | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    channel_order: str | None = None,
) -> list[Part]:
    """Inspect data and teacher, write the configs, run each for a few iterations, and say what comes next.

    Args:
        folder (str | Path): The project's, which must not exist.
        data (str | Path): A folder with one sub-folder a class, in ``train`` and ``test`` or not, or a ``.npz`` file.
        teacher (tuple[str, str], optional): Config and checkpoint of a classifier; without one a training is written.
        size (int, optional): Height and width of the images. Defaults to their own if it is small and the same
            for all, else to 32.
        mean, std (Sequence[float], optional): Of each channel, 0..255, instead of the teacher config's.
        channel_order (str, optional): ``rgb`` or ``bgr``, as the teacher takes images, instead of its config's.

    Returns:
        list[Part]: What is to be trained, and how long it takes on this machine.

    Raises:
        ConfigError: At bad input; no folder is left then.
    """
    folder = Path(folder)
    if folder.exists():
        raise ConfigError(f'{folder} is there already; name another folder, or remove it')
    found = inspect_data(data)
    given = read_teacher(*teacher, mean, std, channel_order) if teacher else None
    image_shape = (given.channels if given else found.channels, *[size or fitting_size(found)] * 2)
    if given and found.is_archive and given.channels != found.channels:
        raise ConfigError(
            f'--teacher takes images of {given.channels} channels but {data} holds images of {found.channels}; '
            'convert them'
        )
    found = in_order(found, given.classes if given else None)
    sizes = plan(found, image_shape)
    own = given or Teacher(
        classifier(32, sizes, len(found.classes)), [], *statistics(found, image_shape), 'rgb', image_shape[0], None
    )
    folder.mkdir(parents=True)
    try:
        write_lists(found, folder)
        write_configs(folder, found, own, sizes, bool(teacher))
        print('Running each part for a few iterations, to see that it fits and how long it takes', flush=True)
        with process_group('none'), contextlib.redirect_stdout(io.StringIO()):
            accuracy = evaluate(folder, teacher[1]) if teacher else None
            parts = rehearse(folder, teacher[1] if teacher else None)
    except BaseException:
        shutil.rmtree(folder)
        raise
    fitted = fit(sizes, parts)
    if fitted != sizes:
        write_configs(folder, found, own, fitted, bool(teacher))
        parts = [shortened(part, getattr(fitted, part.name)) for part in parts]
    print(told(folder, found, own, fitted, accuracy, parts, teacher))
    return parts


def fitting_size(data: Data) -> int:
    """Height and width of the images, if they are all alike, square and small; else 32."""
    (height, width), *others = data.sizes
    return height if height == width and not others and height <= LARGEST else DEFAULT_SIZE


def evaluate(folder: Path, checkpoint: str) -> float | None:
    """The teacher's accuracy on the test images, in %.

    Raises:
        ConfigError: If it does not take images of this size, or has another number of outputs.
    """
    with tempfile.TemporaryDirectory() as there:
        config = load_config(str(folder / 'teacher.py'), work_dir=there)
        with built_or_one_sentence(config):
            network = MODELS.build(config.model)
        require_outputs(network, config.image_shape, config.num_classes, '--teacher')
        return top1(test(config, checkpoint))


def fit(sizes: Plan, parts: list[Part]) -> Plan:
    """Fewer iterations for what would take longer than an hour on this machine."""
    return sizes._replace(
        **{
            part.name: max(LEAST, int(part.iterations * LONGEST / part.seconds))
            for part in parts
            if part.seconds > LONGEST and part.iterations > LEAST
        }
    )


def shortened(part: Part, iterations: int) -> Part:
    """The part with fewer iterations."""
    spared = (part.iterations - iterations) * part.iteration_seconds
    return part._replace(iterations=iterations, seconds=part.seconds - spared)


def told(
    folder: Path,
    data: Data,
    own: Teacher,
    sizes: Plan,
    accuracy: float | None,
    parts: list[Part],
    teacher: tuple[str, str] | None,
) -> str:
    """What was found and written, and the two commands that come next."""
    classes = len(data.classes)
    seen = [f'{height} x {width}' for height, width in list(data.sizes)[:3]] + ['...'] * (len(data.sizes) > 3)
    lines = [
        f'{folder}: {data.number["train"]} training and {data.number["test"]} test images of {classes} classes, '
        f'taken as {" x ".join(map(str, sizes.image_shape))} (their sizes: {", ".join(seen)})',
        f'The teacher takes {own.order if own.channels == 3 else "grey"} images, mean {own.mean}, std {own.std}',
    ]
    if accuracy is not None:
        lines.append(f'It classifies {accuracy:.1f}% of the test images')
        if near_chance(accuracy, classes):
            lines.append(
                'That is near chance: its classes, its normalisation, its size or its channel order are others. Settle '
                'this first: remove the folder and give --mean, --std, --size or --channel-order'
            )
    lines.append('On this machine, without evaluations:')
    lines += [f'  {part.name:<8}{part.iterations:>6,} iterations, about {duration(part.seconds)}' for part in parts]
    files = teacher[1] if teacher else f'{folder}/runs/teacher/final.pth'
    owner = (
        f'{tool("publish.py")} --teacher {quoted(folder / "teacher.py")} {quoted(files)} --prior '
        f'{quoted(folder / "prior.py")} {quoted(folder / "runs/prior/final.pth")} --out {quoted(folder / "published")} '
        '--licence LICENCE'
    )
    consumer = f'{tool("train.py")} {quoted(folder / "student.py")} --work-dir {quoted(folder / "runs/student")}'
    return '\n'.join(
        [
            *lines,
            'The owner trains what is missing and writes the two files to hand over, with their licence on the card:',
            f'  {owner}',
            f'The consumer needs {folder}/*.py and {folder}/published (student_without_images.py scores no student):',
            f'  {consumer}',
        ]
    )


def tool(name: str) -> str:
    """How a shipped tool is called from the current folder."""
    return f'python tools/{name}' if Path('tools', name).is_file() else f'python -m genkd_mm tools/{name}'


def quoted(path: str | Path) -> str:
    """A path as a shell takes it."""
    return shlex.quote(str(path))
