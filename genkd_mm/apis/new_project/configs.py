"""The configs of a project, as text."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import torch
from mmrazor.registry import MODELS

from ...utils import save_text
from .data import Data
from .teacher import Teacher

HEADER = '# Written by tools/new_project.py; yours to change.\n'
WIDTH = 120
TINY = 12  # pixels up to which images keep their size through the first layers, as the digits do


class Plan(NamedTuple):
    """Sizes and lengths."""

    image_shape: tuple[int, int, int]  # channels, height, width
    chains: int  # that the prior keeps
    teacher: int  # iterations; of the student, of ``student_iter`` steps each
    prior: int
    student: int

    @property
    def tiny(self) -> bool:
        """Whether the images are as small as the digits."""
        return self.image_shape[1] <= TINY


def plan(data: Data, image_shape: tuple[int, int, int]) -> Plan:
    """Lengths that the shipped configs for digits, Fashion-MNIST and CIFAR-10 have; fewer for fewer images.

    A teacher sees each image 30 times, and a prior at most 300 times, in batches of 64 and 32.
    """
    images, classes, tiny = data.number['train'], len(data.classes), image_shape[1] <= TINY
    longest = 1000 if tiny else 6000 if image_shape[0] == 1 else 8000
    chains = math.ceil((4000 if tiny else 10000) / classes) * classes
    teacher = max(300, min(4000, 30 * images // 64))
    return Plan(image_shape, chains, teacher, max(300, min(longest, 300 * images // 32)), 100 if tiny else 400)


def write_configs(folder: Path, data: Data, teacher: Teacher, sizes: Plan, own_teacher: bool) -> None:
    """Write ``data.py``, ``networks.py``, ``teacher.py``, ``prior.py``, ``student.py`` and one without images."""
    networks = dict(
        teacher=teacher.model,
        student=classifier(8 if sizes.tiny else 16, sizes, len(data.classes)),
        energy=energy(sizes, len(data.classes)),
    )
    texts = {
        'data': data_config(folder, data, teacher, sizes.image_shape),
        'networks': '\n'.join(f'{name} = {literal(network)}' for name, network in networks.items()) + '\n',
        'teacher': teacher_config(teacher, sizes, own_teacher),
        'prior': prior_config(data, teacher, sizes),
        'student': student_config(folder, teacher, sizes),
        'student_without_images': WITHOUT_IMAGES,
    }
    for name, text in texts.items():
        save_text(folder / f'{name}.py', HEADER + text)


def classifier(width: int, sizes: Plan, classes: int) -> dict:
    """Config of a ResNet for small images: four stages for tiny ones, else three, each of which halves the image."""
    three = dict(num_stages=3, strides=(2, 2, 2), dilations=(1, 1, 1), out_indices=(2,))
    backbone = dict(
        type='ResNet_CIFAR', depth=18, in_channels=sizes.image_shape[0], stem_channels=width, base_channels=width
    )
    return _network(
        {**backbone, **({} if sizes.tiny else three)}, 'GlobalAveragePooling', width * 8 // (2 - sizes.tiny), classes
    )


def energy(sizes: Plan, classes: int) -> dict:
    """Config of a smooth network without norm, as the shipped priors by energy matching have it."""
    channels, size = sizes.image_shape[:2]
    backbone = dict(
        type='mmrazor.SmoothWideResNet',
        depth=10,
        widen_factor=1,
        in_channels=channels,
        base_channels=32 if sizes.tiny else 48 if channels == 1 else 64,
        strides=(1, 2) if size <= 28 else (1, 2, 2) if size <= 40 else (2, 2, 2),
        stem_stride=1 if sizes.tiny else 2,
    )
    neck = 'mmrazor.FlattenNeck'
    with torch.no_grad():
        maps = MODELS.build(backbone)(torch.zeros(1, *sizes.image_shape))
        features = MODELS.build(dict(type=neck))(maps)[0].shape[1]
    return _network(backbone, neck, features, classes)


def _network(backbone: dict, neck: str, features: int, classes: int) -> dict:
    head = dict(type='LinearClsHead', num_classes=classes, in_channels=features, loss=dict(type='CrossEntropyLoss'))
    return dict(_scope_='mmpretrain', type='ImageClassifier', backbone=backbone, neck=dict(type=neck), head=head)


def data_config(folder: Path, data: Data, teacher: Teacher, image_shape: tuple[int, int, int]) -> str:
    """Images, classes and normalisation."""
    size = image_shape[1]
    sets, steps = {}, [] if set(data.sizes) == {(size, size)} else [dict(type='mmpretrain.Resize', scale=(size, size))]
    if not data.is_archive:
        colour = 'grayscale' if image_shape[0] == 1 else 'color'
        steps.insert(0, dict(type='mmpretrain.LoadImageFromFile', color_type=colour))
    for split in ('train', 'test'):
        if data.is_archive:
            images, labels = getattr(data, split)
            own = dict(type='NpzDataset', ann_file=str(data.path), images=images, labels=labels)
        else:
            own = dict(
                type='mmpretrain.CustomDataset', data_prefix=str(data.path), ann_file=str(folder / f'{split}.txt')
            )
        sets[split] = f'{literal(dict(own, classes=str(folder / "classes.txt")))[:-1]}, pipeline=pipeline)'
    crop = dict(type='mmpretrain.RandomCrop', crop_size=size, padding=max(1, size // 8))
    reads_bgr = not data.is_archive and image_shape[0] == 3
    return f"""# {data.number['train']} training and {data.number['test']} test images of {len(data.classes)} classes
num_classes, image_shape = {len(data.classes)}, {image_shape}
data_preprocessor = dict(
    type='mmpretrain.ClsDataPreprocessor', num_classes=num_classes, mean={teacher.mean}, std={teacher.std},
    to_rgb={image_shape[0] == 3 and (teacher.order == 'rgb') == reads_bgr})
pipeline = {literal([*steps, dict(type='mmpretrain.PackInputs')])}
data_train = {sets['train']}
data_test = {sets['test']}
data_teacher = dict(
    data_train, pipeline=[*pipeline[:-1], {literal(crop)}, pipeline[-1]])
val_dataloader = dict(
    batch_size=100, num_workers=0, dataset=data_test, sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = dict(type='mmpretrain.Accuracy', topk=(1, ))
val_cfg = dict()
test_dataloader, test_evaluator, test_cfg = val_dataloader, val_evaluator, val_cfg
"""


def teacher_config(teacher: Teacher, sizes: Plan, own_teacher: bool) -> str:
    """The classifier: a training, if it is not there yet."""
    rate = '' if own_teacher else 'optim_wrapper = dict(optimizer=dict(lr=0.05))\n'
    return f"""_base_ = [
    './data.py', './networks.py', 'genkd_mm::_base_/methods/teacher.py', 'genkd_mm::_base_/default_runtime.py']
{imports(teacher)}model = {{{{_base_.teacher}}}}
train_dataloader = dict(batch_size=64, num_workers=0, dataset={{{{_base_.data_teacher}}}})
{rate}param_scheduler = dict(T_max={sizes.teacher})
train_cfg = dict(max_iters={sizes.teacher}, val_interval={sizes.teacher})
"""


def prior_config(data: Data, teacher: Teacher, sizes: Plan) -> str:
    """The owner's energy, by energy matching."""
    contrast = ', contrast=1.5' if sizes.image_shape[0] == 3 else ''
    warm_up = min(50, sizes.prior // 4)
    return f"""_base_ = ['./data.py', './networks.py', 'genkd_mm::_base_/methods/energy_matching.py']
{imports(teacher)}model = dict(
    data_preprocessor=dict(num_classes={len(data.classes)}, to_rgb={{{{_base_.data_preprocessor.to_rgb}}}}),
    generator=dict(
        image_shape={{{{_base_.image_shape}}}},
        energy=dict(classifier={{{{_base_.energy}}}}{contrast}),
        replay_buffer=dict(capacity={sizes.chains})))
train_dataloader = dict(dataset={{{{_base_.data_train}}}})
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end={warm_up}, by_epoch=False),
    dict(type='CosineAnnealingLR', begin={warm_up}, T_max={sizes.prior - warm_up}, eta_min=2e-5, by_epoch=False)]
train_cfg = dict(max_iters={sizes.prior}, val_interval={sizes.prior})
"""


def student_config(folder: Path, teacher: Teacher, sizes: Plan) -> str:
    """The consumer's distillation."""
    contrast = ', contrast=1.5' if sizes.image_shape[0] == 3 else ''
    steps, step, weight = (10, 0.02, -100.0) if sizes.tiny else (4, 0.05, -40.0)
    published = (folder / 'published').as_posix()
    return f"""_base_ = [
    './data.py', './networks.py', 'genkd_mm::_base_/methods/genkd.py', 'genkd_mm::_base_/methods/distill.py',
    'genkd_mm::_base_/default_runtime.py']
{imports(teacher)}model = dict(
    data_preprocessor={{{{_base_.data_preprocessor}}}},
    architecture={{{{_base_.student}}}},
    distiller={{{{_base_.distiller}}}},
    teachers=dict(teacher=dict(build_cfg={{{{_base_.teacher}}}}, ckpt_path='{published}/teacher.safetensors')),
    generator=dict(
        image_shape={{{{_base_.image_shape}}}}, energy=dict(classifier={{{{_base_.energy}}}}{contrast}),
        sampler=dict(
            num_steps={steps}, step_size={step}, noise_std=0.01, start='normal',
            guidance=[dict(type='Disagreement', weight={weight})]),
        replay_buffer=dict(capacity={sizes.chains}, restart_prob=0.0),
        init_cfg=dict(checkpoint='{published}/prior.safetensors')),
    student_iter={20 if sizes.tiny else 40}, refresh_interval=4)
train_dataloader = dict(batch_size=64, dataset=dict(num_classes={{{{_base_.num_classes}}}}))
optim_wrapper = dict(architecture=dict(optimizer=dict(lr=0.05)))
param_scheduler = dict(
    architecture=dict(_delete_=True, type='CosineAnnealingLR', T_max={sizes.student}, by_epoch=False))
train_cfg = dict(max_iters={sizes.student}, val_interval={sizes.student // 4})
default_hooks = dict(logger=dict(interval=10), initial_evaluation=dict(type='InitialEvaluationHook'))
"""


WITHOUT_IMAGES = """# For a consumer who has no image to score the student with.
_base_ = ['./student.py']
val_dataloader = val_evaluator = val_cfg = None
test_dataloader = test_evaluator = test_cfg = None
default_hooks = dict(initial_evaluation=None)
"""


def imports(teacher: Teacher) -> str:
    """The line that registers the parts of a teacher from another package; nothing if it has none."""
    own = [name for name in teacher.imports if name != 'genkd_mm']
    return f'custom_imports = dict(imports={["genkd_mm", *own]})\n' if own else ''


def literal(value: Any, indent: int = 4) -> str:
    """A value as configs write it, ``dict(key=value)``, over several lines where one is too short."""
    if isinstance(value, dict) and all(str(key).isidentifier() for key in value):
        opening, closing = 'dict(', ')'
        parts = [f'{key}={literal(item, indent + 4)}' for key, item in value.items()]
    elif isinstance(value, list):
        opening, closing, parts = '[', ']', [literal(item, indent + 4) for item in value]
    else:
        return repr(value)
    whole = f'{opening}{", ".join(parts)}{closing}'
    if len(whole) + indent < WIDTH and '\n' not in whole:
        return whole
    lines = [parts[0]]
    for part in parts[1:]:
        if '\n' in lines[-1] + part or indent + len(lines[-1]) + len(part) + 4 > WIDTH:
            lines.append(part)
        else:
            lines[-1] += f', {part}'
    return f'{opening}\n{" " * indent}' + f',\n{" " * indent}'.join(lines) + closing
