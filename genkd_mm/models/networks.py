"""The networks that a config names, with their weights, outside a training run."""

from mmengine.config import Config
from mmengine.device import get_device
from mmrazor.registry import MODELS
from torch import Tensor, nn

from ..utils import ConfigError, load_strictly, part_of
from .classifiers import load_teacher, normalisation, preprocessor_of
from .criteria import FrozenNetworks
from .generators import EBMGenerator


def input_normalisation(config: Config) -> dict:
    """``mean`` and ``std`` with which the config's teachers see images.

    The teacher that labels the images of a prior has a data preprocessor of its own.
    """
    return normalisation(config.model.get('teacher_preprocessor') or preprocessor_of(config))


def teacher_checkpoints(config: Config) -> dict[str, tuple[str | None, str]]:
    """Each teacher's checkpoint, and the config key that names it, in the configs of mmrazor's distillations."""
    if config.model.get('teacher'):
        return dict(teacher=(config.model.get('teacher_ckpt'), 'model.teacher_ckpt'))
    return {
        name: (teacher.get('ckpt_path'), f'model.teachers.{name}.ckpt_path')
        for name, teacher in (config.model.get('teachers') or {}).items()
    }


def build_teachers(config: Config, image_shape: tuple[int, int, int], num_classes: int) -> dict[str, nn.Module]:
    """The teachers of any mmrazor distillation by name, in eval mode, on the device; none if the config has none.

    ``image_shape`` and ``num_classes`` are of the images that they will see.
    """
    teachers = {}
    for name, (path, key) in teacher_checkpoints(config).items():
        build_cfg = config.model.teachers[name].build_cfg if config.model.get('teachers') else config.model.teacher
        teachers[name] = MODELS.build(build_cfg).eval()
        spec = dict(num_classes=num_classes, image_shape=image_shape, **input_normalisation(config))
        load_teacher(teachers[name], path, key, **spec)
    return {name: teacher.to(get_device()) for name, teacher in teachers.items()}


def build_generator(config: Config, checkpoint: dict, where: str) -> tuple[EBMGenerator, dict[str, nn.Module]]:
    """The energy-based model of a checkpoint, on the device, and the config's teachers.

    The config is of ``GenKD``, ``EBMPrior``, or any algorithm with an ``EBMGenerator``. The checkpoint is one of
    ``GenKDCheckpointHook``, a prior's too; ``where`` names the file in error sentences.
    """
    if config.model.get('generator', {}).get('type') not in ('EBMGenerator', 'mmrazor.EBMGenerator'):
        raise ConfigError(
            "The config has no model.generator.type='EBMGenerator'; give the config of a prior, or of "
            'a distillation from one'
        )
    state = checkpoint['state_dict']
    own = part_of(state, 'generator.')
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
        has_student = 'architecture' in config.model  # a prior has none
        generator.bind(FrozenNetworks(teachers, build_student(config, state, where) if has_student else None))
    return generator.eval().to(get_device()), teachers


def build_student(config: Config, state: dict[str, Tensor], where: str) -> nn.Module:
    """The student of a checkpoint, in eval mode, on the device."""
    own = part_of(state, 'architecture.')
    if not own:
        raise ConfigError(
            f'{where} holds no student but the chain is guided by criteria that may ask it; give a '
            'checkpoint of this config, or set model.generator.sampler.guidance="[]" in --cfg-options'
        )
    student = MODELS.build(config.model.architecture).eval()
    load_strictly(student, own, where)
    return student.to(get_device())
