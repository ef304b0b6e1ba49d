"""Teacher and prior as files to hand over, with a card that says what they are."""

import hashlib
import os
import tempfile
import textwrap
from pathlib import Path

import torch
import yaml

from ..engine.runner.config import load_config
from ..engine.runner.launch import process_group
from ..models.classifiers import preprocessor_of
from ..models.networks import input_normalisation
from ..models.student import network_order
from ..structures import DataSpec
from ..utils import ConfigError, read_checkpoint, save_text
from ..utils.safetensors_files import write_safetensors
from ..version import __version__
from .audit import audit
from .train import train_prerequisite

TEACHER, PRIOR, CARD = 'teacher.safetensors', 'prior.safetensors', 'README.md'
WIDTH = 120


def publish(teacher: tuple[str, str], prior: tuple[str, str], out: str | Path, licence: str, source: str = '') -> dict:
    """Train what is missing of teacher and prior, write both without the owner's logs and paths, audit, write the card.

    The audit, whose pictures show training images, goes into ``audit`` beside the prior's checkpoint.

    Args:
        teacher (tuple[str, str]): Config and checkpoint of a classifier.
        prior (tuple[str, str]): Config and checkpoint of an ``EBMPrior`` or an ``EnergyMatchingPrior``.
        out (str | Path): Folder of ``teacher.safetensors``, ``prior.safetensors`` and the card, ``README.md``.
        licence (str): Of the two files, for example ``CC-BY-4.0``.
        source (str): What the data is, and whose, in a sentence or two. Defaults to nothing.

    Returns:
        dict: What the card's first lines hold.

    Raises:
        ConfigError: If a checkpoint does not fit its config, or the two are of other data.
    """
    with process_group('none'):
        for config, checkpoint in (teacher, prior):
            train_prerequisite(dict(config=config, checkpoint=checkpoint), 'none')
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:  # files without their card must not be handed over
        card = write(teacher, prior, Path(folder), licence, source)
        for name in (TEACHER, PRIOR, CARD):
            os.replace(Path(folder, name), out / name)
    print(f'{out} holds {TEACHER}, {PRIOR} and their card, {CARD}')
    return card


def write(teacher: tuple[str, str], prior: tuple[str, str], out: Path, licence: str, source: str) -> dict:
    """Write the three files into a folder; returns the card's first lines."""
    config = load_config(teacher[0])
    spec = write_prior(prior[1], out / PRIOR)
    write_teacher(teacher[1], DataSpec(spec.classes, spec.image_shape, **normalisation(config)), out / TEACHER)
    order = 'grey' if spec.image_shape[0] == 1 else network_order(config, preprocessor_of(config))
    report = audit(
        prior[0], str(out / PRIOR), Path(prior[1]).parent / 'audit', teacher=(teacher[0], str(out / TEACHER))
    )
    card = dict(
        license=licence,
        classes=list(spec.classes),
        image_shape=list(spec.image_shape),
        **{name: list(values) for name, values in normalisation(config).items()},
        channel_order=order,
        genkd_mm=__version__,
        sha256={name: sha256(out / name) for name in (TEACHER, PRIOR)},
        audit=report['verdict'],
    )
    save_text(out / CARD, page(card, source))
    return card


def normalisation(config: dict) -> dict[str, tuple[float, ...]]:
    """``mean`` and ``std`` with which a config's networks see images."""
    return {name: tuple(map(float, values)) for name, values in input_normalisation(config).items()}


def write_teacher(checkpoint: str, spec: DataSpec, path: Path) -> None:
    """Write a classifier's parameters, and of what images it is.

    Raises:
        ConfigError: If the file tells of other images than the prior and the teacher's config.
    """
    content = read_checkpoint(checkpoint, 'The second value of --teacher')
    own = content.get('data_spec') or (content.get('meta', {}).get('dataset_meta') or {})
    names = tuple(own.get('classes') or spec.classes)
    if names != spec.classes:
        raise ConfigError(
            f'--teacher ({checkpoint}) tells the classes {", ".join(names[:5])} but the prior '
            f'{", ".join(spec.classes[:5])}; both need the same classes in the same order'
        )
    if 'data_spec' in content:
        expected = dict(num_classes=len(names), image_shape=spec.image_shape, mean=spec.mean, std=spec.std)
        DataSpec.from_dict(content['data_spec']).require(f'--teacher ({checkpoint})', **expected)
    write_safetensors(path, dict(state_dict=content['state_dict'], data_spec=spec.to_dict()))


def write_prior(checkpoint: str, path: Path) -> DataSpec:
    """Write a prior's energy, its chains, and how and of what they are; returns the latter.

    Raises:
        ConfigError: If the file is no prior.
    """
    content = read_checkpoint(checkpoint, 'The second value of --prior')
    missing = [name for name in ('chains', 'chain_spec', 'data_spec') if name not in content]
    if missing:
        raise ConfigError(
            f'--prior ({checkpoint}) has no {" and no ".join(missing)}; give the final.pth of a prior, as '
            "default_hooks.checkpoint.type='GenKDCheckpointHook' writes it"
        )
    chains = {name: content['chains'][name] for name in ('states', 'num_classes')}
    energy = {name: value for name, value in content['state_dict'].items() if name.startswith('generator.')}
    unseen = dict(seen=torch.zeros(len(chains['states']), dtype=torch.bool), distinct_seen=0)
    write_safetensors(path, {**content, 'state_dict': energy, 'chains': {**chains, **unseen}})
    return DataSpec.from_dict(content['data_spec'])


def sha256(path: Path) -> str:
    """Of a file's bytes, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def page(card: dict, source: str) -> str:
    """The card: metadata for programs between two lines ``---``, as Hugging Face's cards have them, and a text."""
    head = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, default_flow_style=None, width=WIDTH)
    shape = ' x '.join(map(str, card['image_shape']))
    files = '\n'.join(f'{digest}  {name}' for name, digest in card['sha256'].items())
    paragraphs = (
        source,
        f'`{TEACHER}` is a classifier, `{PRIOR}` an energy-based model of its images with stored chains, for data-free '
        'distillation with genkd_mm: `model.teachers.*.ckpt_path` and `model.generator.init_cfg.checkpoint` of a '
        f'config name them. Licence of both: {card["license"]}.',
        f'The teacher takes (pixel - mean) / std of {card["channel_order"]} pixels, 0 to 255, with mean '
        f'{card["mean"]} and std {card["std"]}.',
        f'Audit of what the prior gives away of its training images: {card["audit"]}',
    )
    text = '\n\n'.join(textwrap.fill(paragraph, WIDTH, break_long_words=False) for paragraph in paragraphs if paragraph)
    title = f'# Teacher and prior of {len(card["classes"])} classes, {shape} pixels'
    return f'---\n{head}---\n\n{title}\n\n{text}\n\n```text\n{files}\n```\n'
