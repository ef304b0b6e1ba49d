"""The student alone, as mmpretrain loads it."""

import contextlib
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.fileio import dump
from torch import nn

from ..engine.runner.config import in_scope
from ..models.student import Student, evaluation_set, evaluation_steps, random_pixels, read_student
from ..utils import ConfigError, atomic_write
from ..version import __version__
from .export_onnx import GRAPH, require_onnx, write_onnx

CONFIG, CHECKPOINT, INDEX = 'student.py', 'student.pth', 'model-index.yml'
# Blue, green and red: the usual luma in 256ths. These are exact in binary, so a grey image that was read in colour
# comes back as it was.
LUMA = (29, 150, 77)


@in_scope
def export(
    config: Config | str | Path,
    checkpoint: str,
    out: str | Path,
    onnx: bool = False,
    image_shape: Sequence[int] | None = None,
    channel_order: str | None = None,
) -> nn.Module:
    """Take the student out of a distillation's checkpoint: a config and a checkpoint of mmpretrain, and an ONNX graph.

    Args:
        config (Config | str | Path): Of ``GenKD``, or of any of mmrazor's distillations; or its path.
        checkpoint (str): Of that config.
        out (str | Path): Folder of ``student.py``, ``student.pth``, ``model-index.yml`` and ``student.onnx``.
        onnx (bool): Whether to write ``student.onnx``. Defaults to False.
        image_shape (Sequence[int], optional): Channels, height and width, where neither config nor checkpoint tells.
        channel_order (str, optional): ``rgb`` or ``bgr``, what the student takes, where the config does not tell.

    Returns:
        nn.Module: What mmpretrain loads from ``out``.

    Raises:
        ConfigError: If there is no student, it does not fit, or what is exported gives other logits.
    """
    if onnx:
        require_onnx()
    out = Path(out)
    student = read_student(config, checkpoint, image_shape, channel_order)
    loaded = write_student(config, student, out)
    classes, imports = foreign_classes(config, student.network)
    needs = f'{" and ".join(imports)}, for {", ".join(classes)}' if imports else 'mmpretrain alone'
    print(f'{out / CONFIG} and {out / CHECKPOINT}: mmpretrain loads them, logits equal bit for bit')
    print(
        f'Images {"x".join(map(str, student.image_shape))}, {student.num_classes} classes'
        f'{"" if student.classes else ", whose names nothing tells"}; needs {needs}'
    )
    print(f'{out / INDEX}: the name {model_name(config)} for mmpretrain.inference_model')
    if onnx:
        difference = write_onnx(student, out)
        print(f"{out / GRAPH}: ONNX Runtime's logits differ from torch's by {difference:.2g} at most")
    return loaded


def exported_config(config: Config, student: Student) -> str:
    """A Python config of mmpretrain, with all that it needs in it."""
    classes, imports = foreign_classes(config, student.network)
    scope = student.architecture.get('_scope_', config.get('default_scope', 'mmengine'))
    model = {name: value for name, value in student.architecture.items() if name != '_scope_'}
    if imports and scope != 'mmpretrain':
        model['_scope_'] = scope
    channels = student.image_shape[0]
    model['data_preprocessor'] = {
        **student.preprocessor,
        'type': 'ClsDataPreprocessor',
        'num_classes': student.num_classes,
        'to_rgb': channels == 3 and not student.bgr,
    }
    model['data_preprocessor'].pop('batch_augments', None)
    content = dict(
        default_scope='mmpretrain',
        **(dict(custom_imports=dict(imports=imports)) if imports else {}),
        model=model,
        test_dataloader=dict(
            dataset=dict(type='CustomDataset', pipeline=exported_pipeline(config, student.image_shape))
        ),
    )
    needs = (
        f'It needs genkd_mm or what else custom_imports names, for {", ".join(classes)}.'
        if classes
        else 'It needs mmpretrain alone.'
    )
    source = Path(config.filename).name if config.filename else 'a config'
    return (
        f'# The student of {source}, exported by genkd_mm {__version__}; its weights are in {CHECKPOINT}.\n'
        f'# {needs}\n{Config(content).pretty_text}'
    )


def foreign_classes(config: Config, network: nn.Module) -> tuple[list[str], list[str]]:
    """Classes of the network that mmpretrain does not have, and the modules whose import registers them."""
    named = list((config.get('custom_imports') or {}).get('imports') or [])
    razor = ('genkd_mm', 'mmrazor')  # mmrazor itself imports on a current PyTorch only with genkd_mm
    homes = {*razor, *(name.split('.')[0] for name in named)} - {'mmpretrain'}
    classes = {type(module) for module in network.modules() if type(module).__module__.split('.')[0] in homes}
    roots = {cls.__module__.split('.')[0] for cls in classes}
    imports = [name for name in named if name.split('.')[0] in roots - set(razor)]
    if roots & set(razor):
        imports.insert(0, 'genkd_mm')
    return sorted(cls.__name__ for cls in classes), imports


def exported_pipeline(config: Config, image_shape: tuple[int, int, int]) -> list[dict]:
    """The transforms of the evaluation set, for image files; without any that resizes or crops, one to the shape.

    mmpretrain's inferencer reads every file in colour and takes the loading transform out, whatever its
    ``color_type``. The second transform of grey images turns what it read into one channel again.
    """
    channels, height, width = image_shape
    steps = [{**step, 'type': step['type'].removeprefix('mmpretrain.')} for step in evaluation_steps(config)]
    steps = [step for step in steps if step['type'].split('.')[-1] not in ('LoadImageFromFile', 'PackInputs')]
    if not steps:
        steps = [dict(type='Resize', scale=(width, height))]
    grey = [dict(type='RandomGrayscale', prob=1.0, channel_weights=LUMA)] if channels == 1 else []
    return [
        dict(type='LoadImageFromFile', color_type='grayscale' if channels == 1 else 'color'),
        *grey,
        *steps,
        dict(type='PackInputs'),
    ]


def model_name(config: Config) -> str:
    """The student's name in mmpretrain's model zoo."""
    return f'{Path(config.filename).stem}_student' if config.filename else 'student'


def exported_index(config: Config, out: Path) -> str:
    """OpenMMLab's index of models, with the student alone, which puts its name into mmpretrain's model zoo.

    ``Weights`` is a full path: mmpretrain looks for the config beside the index, but for the weights in the folder that
    it is called from. ``Results`` has no metrics; mmpretrain chooses the inferencer by the task.
    """
    dataset = evaluation_set(config).get('type', 'unknown').split('.')[-1]
    model = dict(
        Name=model_name(config),
        Config=CONFIG,
        Weights=str((out / CHECKPOINT).resolve()),
        Results=[dict(Task='Image Classification', Dataset=dataset, Metrics={})],
    )
    return dump(dict(Collections=[], Models=[model]), file_format='yaml', sort_keys=False)


def write_student(config: Config, student: Student, out: Path) -> nn.Module:
    """Write ``student.py``, ``student.pth`` and ``model-index.yml``, after mmpretrain has agreed bit for bit.

    Returns:
        nn.Module: What mmpretrain loaded.
    """
    meta = dict(dataset_meta=dict(classes=student.classes)) if student.classes else {}  # where mmpretrain looks
    state = {name: value.clone() for name, value in student.network.state_dict().items()}
    buffer = io.BytesIO()
    torch.save(dict(state_dict=state, meta=meta), buffer)
    files = {CHECKPOINT: buffer.getvalue(), CONFIG: exported_config(config, student).encode()}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        loaded = load_exported(Path(folder))
    require_same(student, loaded)
    files[INDEX] = exported_index(config, out).encode()
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        with atomic_write(out / name) as file:
            file.write(content)
    return loaded


def load_exported(folder: Path) -> nn.Module:
    """What ``mmpretrain.get_model`` makes of an exported student."""
    from mmpretrain import get_model

    with contextlib.redirect_stdout(io.StringIO()):  # mmengine prints the temporary file's name
        return get_model(str(folder / CONFIG), pretrained=str(folder / CHECKPOINT))


def require_same(student: Student, loaded: nn.Module) -> None:
    """Both must give equal logits for equal files, through their own preprocessors."""
    pixels = random_pixels(student.image_shape, 8)
    as_read = pixels.flip(1) if student.image_shape[0] == 3 else pixels  # mmpretrain reads files as BGR
    with torch.no_grad():
        expected = student.network(student.normalised(pixels), mode='tensor')
        found = loaded(loaded.data_preprocessor(dict(inputs=as_read))['inputs'], mode='tensor')
    if not torch.equal(expected, found):
        raise ConfigError(
            f'What mmpretrain makes of the exported config is not the student: for {len(pixels)} random '
            'images it gives other logits; model.architecture does not say all that the network is'
        )
