"""The networks that a config names, with their weights, outside a training run."""

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmrazor.registry import MODELS
from torch import Tensor, nn

from ..structures import DataSpec
from ..utils import ConfigError, evaluating, load_strictly, read_checkpoint
from .algorithms.genkd import normalisation
from .criteria import FrozenNetworks
from .generators import EBMGenerator
from .teachers import BlackBoxTeacher


def input_normalisation(config: Config) -> dict:
    """``mean`` and ``std`` with which the config's teachers see images.

    They are those of the data preprocessor, which may stand beside the model or in it, but for a ``ProxyPrior``, whose
    teacher has one of its own.

    Raises:
        ConfigError: If the config gives none.
    """
    places = (
        config.model.get('teacher_preprocessor'),
        config.model.get('data_preprocessor'),
        config.get('data_preprocessor'),
    )
    return normalisation(next((place for place in places if place), {}))


def teacher_checkpoints(config: Config) -> dict[str, tuple[str | None, str]]:
    """Each teacher's checkpoint, and the config key that names it, in the configs of mmrazor's distillations."""
    if config.model.get('teacher'):
        return dict(teacher=(config.model.get('teacher_ckpt'), 'model.teacher_ckpt'))
    return {
        name: (teacher.get('ckpt_path'), f'model.teachers.{name}.ckpt_path')
        for name, teacher in (config.model.get('teachers') or {}).items()
    }


def build_teachers(config: Config, image_shape: tuple[int, int, int], num_classes: int) -> dict[str, nn.Module]:
    """The teachers by name, in eval mode, on the device; none if the config has no teacher, as a prior's.

    Args:
        config (Config): Of any mmrazor distillation: ``model.teachers``, or ``model.teacher`` and
            ``model.teacher_ckpt``.
        image_shape (tuple[int]): Of the images that they will see: channels, height, width.
        num_classes (int): Of these images.

    Raises:
        ConfigError: If a checkpoint is missing, does not fit, or was trained on other images or classes.
    """
    teachers = {}
    for name, (path, key) in teacher_checkpoints(config).items():
        build_cfg = config.model.teachers[name].build_cfg if config.model.get('teachers') else config.model.teacher
        teachers[name] = MODELS.build(build_cfg).eval()
        where = key.removesuffix('.ckpt_path').removesuffix('_ckpt')
        if isinstance(teachers[name], BlackBoxTeacher):
            require_input(teachers[name], image_shape, num_classes, where)
            teachers[name].require_normalisation(*input_normalisation(config).values())
            continue
        checkpoint = read_checkpoint(path, key)
        load_strictly(teachers[name], checkpoint['state_dict'], f'{key} ({path})')
        require_input(teachers[name], image_shape, num_classes, where)
        if 'data_spec' in checkpoint:
            DataSpec.from_dict(checkpoint['data_spec']).require(
                f'{key} ({path})', num_classes=num_classes, image_shape=image_shape, **input_normalisation(config)
            )
    return {name: teacher.to(get_device()) for name, teacher in teachers.items()}


def require_input(network: nn.Module, image_shape: tuple[int, int, int], num_classes: int, key: str) -> None:
    """Pass a blank image through a classifier.

    Raises:
        ConfigError: If it does not take images of that shape, or has another number of outputs; ``key`` names
            it.
    """
    try:
        with evaluating(network), torch.no_grad():
            found = network(torch.zeros(1, *image_shape), mode='tensor').shape[1]
    except RuntimeError as error:
        raise ConfigError(
            f'{key} does not take images of shape {tuple(image_shape)} ({error}); '
            'use images of the data that it was trained on'
        ) from error
    if found != num_classes:
        raise ConfigError(
            f'{key} has {found} outputs but the images have {num_classes} classes; '
            'use networks and images of the same data'
        )


def build_generator(config: Config, checkpoint: dict, where: str) -> tuple[EBMGenerator, dict[str, nn.Module]]:
    """The energy-based model of a checkpoint, on the device, and the config's teachers.

    Args:
        config (Config): Of ``GenKD``, ``EBMPrior``, or any algorithm with an ``EBMGenerator``.
        checkpoint (dict): As ``GenKDCheckpointHook`` writes it; a prior's also fits a data-free config.
        where (str): Names the file in error sentences.

    Raises:
        ConfigError: If the config has no ``EBMGenerator``, or the checkpoint holds none, or one that does not fit, or
            lacks the student that guidance criteria of the chain may ask.
    """
    if config.model.get('generator', {}).get('type') not in ('EBMGenerator', 'mmrazor.EBMGenerator'):
        raise ConfigError(
            "The config has no model.generator.type='EBMGenerator'; give the config of a prior, or of "
            'a distillation from one'
        )
    state = checkpoint['state_dict']
    own = part(state, 'generator.')
    if 'chains' not in checkpoint:  # the energy itself may be without parameters
        raise ConfigError(
            f'{where} holds no energy-based model with chains; give a checkpoint of GenKD or EBMPrior '
            "that default_hooks.checkpoint.type='GenKDCheckpointHook' wrote"
        )
    generator = MODELS.build({**input_normalisation(config), **config.model.generator, 'init_cfg': None})
    generator.adopt_chain_spec(checkpoint, where, starts_anew=False)
    load_strictly(generator, own, where)
    teachers = build_teachers(config, generator.image_shape, generator.num_classes)
    if generator.sampler.guidance:
        generator.bind(FrozenNetworks(teachers, build_student(config, state, where)))
    return generator.eval().to(get_device()), teachers


def build_student(config: Config, state: dict[str, Tensor], where: str) -> nn.Module:
    """The student of a checkpoint, in eval mode, on the device.

    Raises:
        ConfigError: If the checkpoint has none.
    """
    own = part(state, 'architecture.')
    if not own:
        raise ConfigError(
            f'{where} holds no student but the chain is guided by criteria that may ask it; give a '
            'checkpoint of this config, or set model.generator.sampler.guidance="[]" in --cfg-options'
        )
    student = MODELS.build(config.model.architecture).eval()
    load_strictly(student, own, where)
    return student.to(get_device())


def part(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The entries whose names begin with ``prefix``, without it."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
