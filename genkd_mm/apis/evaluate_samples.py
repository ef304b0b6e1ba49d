"""Measuring a folder of samples with the teacher, and the dataset, of a config."""

from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmrazor.registry import DATASETS
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from ..datasets.nested import with_pipeline
from ..engine.runner.config import in_scope
from ..engine.runner.failures import check_output_folder, stopped_in_one_sentence
from ..evaluation import METRICS, ImageSet, InceptionFeatures, TeacherFeatures, measure
from ..models.classifiers import preprocessor_of
from ..models.networks import build_teachers, input_normalisation
from ..models.student import evaluation_steps
from ..structures.pixels import from_pixels
from ..utils import ConfigError, atomic_write, save_json
from ..utils.settings import setting
from ..visualization.grids import class_grid
from ..visualization.tables import print_table

PAIRS = 30
LEAST = 4  # images in a set: three neighbours and the image itself


@in_scope
def evaluate_samples(
    config: Config | str | Path,
    folder: str,
    out: str | Path | None = None,
    data: str | None = None,
    inception: str | None = None,
) -> dict:
    """Measure a folder of samples; write ``quality.json``, ``samples.png`` and, with data, ``nearest.png``.

    Args:
        config (Config | str | Path): Of any distillation, or, with ``inception``, of anything; or its path.
        folder (str): As ``PseudoSampleDataset`` reads it.
        out (str | Path, optional): Folder for the results. Defaults to ./work_dirs/quality/NAME, with the name of
            ``folder``.
        data (str, optional): Key of the real dataset in the config, for example ``data_train``; without it the metrics
            that compare with real images are None.
        inception (str, optional): File of the Inception weights. Without it features are those of the first teacher.

    Returns:
        dict: What quality.json holds: the ``METRICS`` by name, and what was measured with what.

    Raises:
        ConfigError: At bad input.
        TrainingError: If a file cannot be written; those that are there are whole.
    """
    out = out or Path('work_dirs', 'quality', Path(folder).resolve().name)
    check_output_folder(out, '--out')
    dataset = sample_dataset(config, folder)
    samples = load_images(dataset, folder)
    real = load_images(real_dataset(config, data), data, reads_bgr(config)) if data else None
    shapes = [tuple(images.pixels.shape[1:]) for images in (samples, real) if images]
    if len(set(shapes)) > 1:
        raise ConfigError(
            f'{folder} has images of shape {shapes[0]} but {data} of {shapes[1]}; use samples of the same data'
        )
    teachers = build_teachers(config, shapes[0], len(dataset.metainfo['classes']))
    if not teachers and inception is None:
        raise ConfigError(
            'The config has no teacher to take features from; give the config of a distillation, or --inception WEIGHTS'
        )
    name, teacher = next(iter(teachers.items()), (None, None))
    metrics, numbers = measure(
        samples,
        real,
        TeacherFeatures(teacher, **input_normalisation(config)) if teacher else None,
        InceptionFeatures(inception) if inception else None,
        torch.device(get_device()),
    )
    report = dict(
        samples=str(folder),
        number=len(samples.pixels),
        config=str(config.filename),
        teacher=name,
        features='inception' if inception else 'teacher',
        data=data,
        real_number=len(real.pixels) if real else None,
        **metrics,
    )
    pictures = dict(samples=rows_by_class(samples))
    if real:
        pictures['nearest'] = closest_pairs(samples.pixels, real.pixels, numbers)
    with stopped_in_one_sentence(lambda: f'what is in {out} is whole', 'give the same command again'):
        write_report(Path(out), report, pictures)
    print(f'The metrics are in {out}')
    return report


def sample_dataset(config: Config, folder: str) -> Dataset:
    """The samples, in RGB, with the transforms of evaluation."""
    return DATASETS.build(
        dict(
            type='PseudoSampleDataset',
            data_root=folder,
            num_classes=config.get('num_classes'),
            image_shape=config.get('image_shape'),
            pipeline=[step for step in evaluation_pipeline(config) if not step['type'].endswith('LoadImageFromFile')],
        )
    )


def real_dataset(config: Config, key: str, option: str = '--data') -> Dataset:
    """The dataset that ``key`` names, with the evaluation's transforms instead of its own."""
    found = setting(config, key)
    if not hasattr(found, 'get') or not found.get('type'):
        raise ConfigError(
            f'{option} is {key!r} but the config has no dataset under that key; name another key, for '
            'example data_train or val_dataloader.dataset'
        )
    return DATASETS.build(with_pipeline(found, evaluation_pipeline(config)))


def evaluation_pipeline(config: Config) -> list[dict]:
    """The transforms of the config's evaluation set, which change no image at random."""
    return evaluation_steps(config) or [dict(type='mmpretrain.PackInputs')]


def reads_bgr(config: Config) -> bool:
    """Whether the config's datasets read BGR, which its data preprocessor turns."""
    return bool(preprocessor_of(config).get('to_rgb'))


def load_images(dataset: Dataset, name: str, flip: bool = False) -> ImageSet:
    """All images of a dataset in memory, as RGB."""
    if len(dataset) < LEAST:
        raise ConfigError(f'{name} has {len(dataset)} images; at least {LEAST} are needed')
    items = [dataset[index] for index in range(len(dataset))]
    shapes = {tuple(item['inputs'].shape) for item in items}
    if len(shapes) > 1:
        raise ConfigError(
            f'{name} has images of {len(shapes)} shapes, for example {sorted(shapes)[:2]}; add a '
            'resizing transform to val_dataloader.dataset.pipeline'
        )
    pixels = torch.stack([item['inputs'] for item in items])
    return ImageSet(pixels.flip(1) if flip else pixels, torch.cat([item['data_samples'].gt_label for item in items]))


def closest_pairs(samples: Tensor, real: Tensor, numbers: Tensor) -> np.ndarray:
    """A picture of the samples that are closest to a real image, with it on their right, closest first, five a row.

    Samples (N, C, H, W) and real images (M, C, H, W) are uint8; ``numbers`` (N,) are each sample's nearest real image.
    """
    partners = real[numbers]
    order = (samples.float() - partners.float()).flatten(1).norm(dim=1).argsort()[:PAIRS]
    return class_grid(from_pixels(torch.cat([samples[order], partners[order]], 3)), 5)


def rows_by_class(samples: ImageSet) -> np.ndarray:
    """A picture of the first ten samples of each class, one row a class, at most twenty classes."""
    groups = [samples.pixels[samples.labels == label] for label in samples.labels.unique()[:20]]
    columns = min(10, *map(len, groups))
    return class_grid(from_pixels(torch.cat([group[:columns] for group in groups])), columns)


def write_report(out: Path, report: dict, pictures: dict[str, np.ndarray]) -> None:
    """quality.json, a PNG for each picture, and a table on the console."""
    out.mkdir(parents=True, exist_ok=True)
    save_json(out / 'quality.json', report)
    for name, pixels in pictures.items():
        with atomic_write(out / f'{name}.png') as file:
            Image.fromarray(pixels).save(file, 'png')
    rows = [
        (name, '-' if report[name] is None else f'{report[name]:.4g}', meaning) for name, meaning in METRICS.items()
    ]
    print_table(('metric', 'value', 'meaning'), rows, title=f'{report["samples"]}, {report["number"]} samples')
