"""The student in a distillation's checkpoint, outside a training run."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from mmengine.config import Config
from mmengine.hub import get_config
from mmrazor.registry import DATASETS, MODELS
from torch import Tensor, nn

from ..datasets.nested import leaves
from ..utils import ConfigError, load_strictly, part_of, read_checkpoint
from .classifiers import count_outputs, normalisation, preprocessor_of


class Student(NamedTuple):
    """A trained student and what it takes."""

    network: nn.Module  # in eval mode, on the CPU
    architecture: dict  # its config, without a data preprocessor
    preprocessor: dict  # config of the data preprocessor that it was trained with
    image_shape: tuple[int, int, int]  # channels, height, width
    classes: list[str] | None  # their names, if anything tells them
    num_classes: int  # their number
    bgr: bool  # whether it takes BGR. All of this package's configs train on RGB

    def normalised(self, pixels: Tensor) -> Tensor:
        """Pixels (N, C, H, W), 0..255, RGB or grey -> what the network takes."""
        mean, std = (torch.tensor(self.preprocessor[name]).view(-1, 1, 1) for name in ('mean', 'std'))
        return ((pixels.flip(1) if self.bgr else pixels) - mean) / std


def read_student(
    config: Config, checkpoint: str, image_shape: Sequence[int] | None = None, channel_order: str | None = None
) -> Student:
    """The student in a checkpoint of ``GenKD`` or of any of mmrazor's distillations.

    ``image_shape`` and ``channel_order``, rgb or bgr, are needed where the files do not tell them.
    """
    content = read_checkpoint(checkpoint, 'The checkpoint argument')
    if not config.get('model', {}).get('architecture'):
        raise ConfigError(
            f'{config.filename} has no model.architecture, which is the student; give the config of a distillation'
        )
    # mmengine's wrapper for distributed training adds `module.` to the names; genkd_mm takes it out, mmrazor does not
    own = part_of(content['state_dict'], 'architecture.module.') or part_of(content['state_dict'], 'architecture.')
    if not own:
        raise ConfigError(
            f"{checkpoint} holds no student: no parameter's name begins with architecture.; give a "
            'checkpoint of a distillation'
        )
    return _read(config, config.model.architecture, own, content, checkpoint, image_shape, channel_order)


def read_classifier(config: Config, checkpoint: str, image_shape: Sequence[int] | None = None) -> Student:
    """As :func:`read_student`, also of a config whose model is the classifier itself, as a teacher's."""
    if config.get('model', {}).get('architecture') or not config.get('model'):
        return read_student(config, checkpoint, image_shape)
    content = read_checkpoint(checkpoint, 'The checkpoint argument')
    return _read(config, config.model, content['state_dict'], content, checkpoint, image_shape)


def _read(
    config: Config,
    network_config: Config,
    own: dict,
    content: dict,
    where: str,
    image_shape: Sequence[int] | None,
    channel_order: str | None = None,
) -> Student:
    """The network of ``network_config`` with the parameters ``own``, from the checkpoint ``content``."""
    architecture = plain_architecture(network_config.to_dict())
    own_preprocessor = architecture.pop('data_preprocessor', None)
    preprocessor = preprocessor_of(config) or own_preprocessor or {}
    kind = preprocessor.get('type', 'ClsDataPreprocessor').split('.')[-1]
    if kind != 'ClsDataPreprocessor':
        raise ConfigError(
            f'model.data_preprocessor.type is {kind}; expected mmpretrain.ClsDataPreprocessor, the one of classifiers'
        )
    normalisation(preprocessor)  # or raises
    network = MODELS.build(network_config).eval()
    load_strictly(network, own, where)
    shape = find_image_shape(config, content, image_shape)
    num_classes = count_outputs(network, shape, 'The student')
    bgr = shape[0] == 3 and (channel_order or network_order(config, preprocessor)) == 'bgr'
    return Student(
        network, architecture, dict(preprocessor), shape, find_classes(config, content, num_classes), num_classes, bgr
    )


def plain_architecture(architecture: dict) -> dict:
    """The config of a network without a reference to another config, to weights, or to training."""
    if architecture.get('cfg_path') and not architecture.get('type'):
        others = {name: value for name, value in architecture.items() if name not in ('cfg_path', 'pretrained')}
        found = get_config(architecture['cfg_path'])
        model = {**others, **found.model.to_dict()}
        if 'data_preprocessor' in found:
            model['data_preprocessor'] = found.data_preprocessor.to_dict()
        return plain_architecture({'_scope_': architecture['cfg_path'].split('::')[0], **model})
    return without_weights({name: value for name, value in architecture.items() if name != 'train_cfg'})


def without_weights(value):
    """A config without ``pretrained`` and ``init_cfg``: the checkpoint has all weights, and these may name files."""
    if isinstance(value, dict):
        return {name: without_weights(item) for name, item in value.items() if name not in ('pretrained', 'init_cfg')}
    return [without_weights(item) for item in value] if isinstance(value, list) else value


def find_image_shape(config: Config, checkpoint: dict, given: Sequence[int] | None) -> tuple[int, int, int]:
    """Channels, height, width: as given, else those of the checkpoint's data, else those of the config."""
    shape = (
        given
        or checkpoint.get('data_spec', {}).get('image_shape')
        or config.get('image_shape')
        or (config.model.get('generator') or {}).get('image_shape')
    )
    if not shape:
        raise ConfigError(
            'Neither the checkpoint nor the config has the shape of the images; add '
            '--image-shape CHANNELS HEIGHT WIDTH, for example --image-shape 3 224 224'
        )
    return tuple(shape)


def find_classes(config: Config, checkpoint: dict, number: int) -> list[str] | None:
    """Names of the classes: the evaluation set's, else those of the training data in the checkpoint."""
    dataset = evaluation_set(config)
    cls = DATASETS.get(dataset.get('type', '')) if dataset.get('type') else None
    told = (
        dataset.get('classes'),
        dataset.get('metainfo', {}).get('classes'),
        (getattr(cls, 'METAINFO', None) or {}).get('classes'),
        checkpoint.get('data_spec', {}).get('classes'),
        (checkpoint.get('meta', {}).get('dataset_meta') or {}).get('classes'),
    )
    return next(
        (list(map(str, names)) for names in told if isinstance(names, (list, tuple)) and len(names) == number), None
    )


def network_order(config: Config, preprocessor: dict) -> str:
    """The order of the channels, ``rgb`` or ``bgr``, in which the config's networks take images.

    Datasets give RGB, but for files, which ``LoadImageFromFile`` reads as BGR; ``to_rgb`` of the data preprocessor
    turns what they give.
    """
    turned = bool(preprocessor.get('to_rgb'))
    for loader in ('val_dataloader', 'test_dataloader', 'train_dataloader'):
        for dataset in leaves((config.get(loader) or {}).get('dataset') or {'type': 'LabelDataset'}):
            if not dataset['type'].endswith('LabelDataset'):
                return 'bgr' if gives_bgr(dataset) != turned else 'rgb'
    if turned:
        return 'rgb'
    raise ConfigError(
        'The config has no dataset with images, so it is unknown whether the student takes RGB or BGR; add '
        "--channel-order rgb or bgr, the order in which the teacher's training had them"
    )


def gives_bgr(dataset: dict) -> bool:
    """Whether the images of a dataset's config are BGR before the data preprocessor."""
    files = any(step['type'].endswith('LoadImageFromFile') for step in dataset.get('pipeline') or [])
    return files or dataset.get('channel_order') == 'bgr'


def evaluation_set(config: Config) -> dict:
    """The config of the evaluation set, the first one if it wraps others; empty if there is none."""
    return dict(next(leaves((config.get('val_dataloader') or {}).get('dataset') or {})))


def evaluation_steps(config: Config) -> list[dict]:
    """The transforms of the evaluation set."""
    return [dict(step) for step in evaluation_set(config).get('pipeline') or []]


def random_pixels(image_shape: tuple[int, int, int], number: int) -> Tensor:
    """Pixels (number, C, H, W), float32 whole numbers in 0..255, the same at every call."""
    random = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (number, *image_shape), generator=random).float()
