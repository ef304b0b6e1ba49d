"""What a prior gives away of its training images, measured by the owner of the data before it is published."""

import copy
from pathlib import Path
from typing import NamedTuple

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmrazor.registry import MODELS
from torch import Tensor, nn

from ..engine.runner.config import in_scope, load_config
from ..evaluation import ImageSet, TeacherFeatures
from ..evaluation.memorisation import closeness, membership
from ..evaluation.quality import extract
from ..models.classifiers import load_teacher
from ..models.generators import EBMGenerator
from ..models.generators.chain_starts import default_rounds, fresh_starts
from ..models.networks import build_generator, input_normalisation
from ..samplers import labels_of_chains, require_chains
from ..structures.pixels import from_pixels
from ..utils import ConfigError, read_checkpoint
from ..visualization.audit_page import write_audit
from .evaluate_samples import load_images, reads_bgr, real_dataset
from .sample import batch_seed, draw, fingerprint, require_at_least

BATCH = 500


class Found(NamedTuple):
    """Chains, and what they are closest to, for the page."""

    chains: ImageSet  # uint8
    # by space, ``pixels`` and ``features``, what :func:`closeness` found
    pairs: dict[str, dict[str, tuple[Tensor, Tensor]]]


@in_scope
def audit(
    config: Config | str | Path,
    checkpoint: str,
    out: str | Path,
    train: str = 'train_dataloader.dataset',
    held_out: str = 'val_dataloader.dataset',
    teacher: tuple[str, str] | None = None,
    fresh: int = 0,
    rounds: int | None = None,
    seed: int = 0,
) -> dict:
    """Compare chains and energies on training images with those on held-out images; write the report.

    Args:
        config (Config | str | Path): Of the prior, or of any run with an ``EBMGenerator``; or its path.
        checkpoint (str): Of that config, as ``GenKDCheckpointHook`` writes it, stripped or not.
        out (str | Path): Folder of ``audit.json``, ``audit.md`` and its pictures; made if it is not there.
        train (str): Key of the dataset that the prior was trained on.
        held_out (str): Key of a dataset of the same kind that it was not trained on.
        teacher (tuple[str, str], optional): Config and checkpoint of a classifier, for distances of features.
        fresh (int): New chains to draw and audit too, what anybody can draw from the parameters alone. Defaults to 0.
        rounds (int, optional): How often each of these runs ``num_steps``. Defaults to 1 / ``restart_prob``, or
            to 1 for a prior by energy matching.
        seed (int): Of the new chains. Defaults to 0.

    Returns:
        dict: What audit.json holds.

    Raises:
        ConfigError: At bad input, before a distance is computed.
    """
    require_at_least('--fresh', fresh, 0)
    content = read_checkpoint(checkpoint, 'The checkpoint argument')
    generator, _ = build_generator(energy_alone(config), content, checkpoint)
    rounds = default_rounds(generator, True) if fresh and rounds is None else rounds
    require_at_least('--rounds', rounds or 0, 0)
    data = load_data(config, train, held_out, generator)
    extractor = teacher_features(*teacher, generator) if teacher else None
    chains = dict(stored=stored_chains(generator, content['chains'], checkpoint))
    if fresh:
        chains['fresh'] = fresh_chains(generator, fresh, rounds, seed)
    report = dict(
        config=Path(config.filename).name,
        fingerprint=fingerprint(content),
        train=train,
        train_number=len(data[0].pixels),
        held_out=held_out,
        held_out_number=len(data[1].pixels),
        teacher=Path(teacher[0]).name if teacher else None,
        rounds=rounds,
        seed=seed,
        chains={},
        energy={},
    )
    found = {}
    spaces = embed(data, extractor)
    for name, images in chains.items():
        report['chains'][name], pairs = close_chains(images, spaces, extractor, held_out)
        found[name] = Found(images, pairs)
    report['energy'] = membership_tests(generator, *data)
    for finding in write_audit(Path(out), report, found, *data):
        print(f'{"!" if finding.stands_out else " "} {finding.sentence}')
    print(f'{report["verdict"]} The closest pairs are in {out}/audit.md: look at them')
    return report


def energy_alone(config: Config) -> Config:
    """The config without its teachers and its guidance: what is audited is the energy, and chains that follow it."""
    own = copy.deepcopy(config)
    for key in ('teacher', 'teachers', 'teacher_ckpt'):
        own.model.pop(key, None)
    if own.model.get('generator', {}).get('sampler'):
        own.model.generator.sampler.guidance = []
    return own


def load_data(config: Config, train: str, held_out: str, generator: EBMGenerator) -> tuple[ImageSet, ImageSet]:
    """Training and held-out images, without the training's augmentation."""
    if train == held_out:
        raise ConfigError(
            f'--train and --held-out are both {train!r}; expected images of the same kind that the prior '
            'was not trained on for the second'
        )
    keys = {'--train': train, '--held-out': held_out}
    datasets = {key: real_dataset(config, key, option) for option, key in keys.items()}
    kinds = {key: type(dataset).__name__ for key, dataset in datasets.items()}
    if len(set(kinds.values())) > 1:
        raise ConfigError(
            f'{train} is a {kinds[train]} but {held_out} is a {kinds[held_out]}; name a held-out set of '
            'the images that the prior was trained on with --held-out, after adding it to the config'
        )
    flip = reads_bgr(config)
    images = {key: load_images(dataset, key, flip) for key, dataset in datasets.items()}
    for option, key in keys.items():
        shape = tuple(images[key].pixels.shape[1:])
        if shape != generator.image_shape:
            raise ConfigError(
                f'{option} ({key}) has images of shape {shape} but the prior makes '
                f'{generator.image_shape}; name the data that it was trained on'
            )
    return images[train], images[held_out]


def teacher_features(path: str, checkpoint: str, generator: EBMGenerator) -> TeacherFeatures:
    """The features of a classifier of configs/teachers."""
    config = load_config(path)
    network, normalisation = MODELS.build(config.model).eval(), input_normalisation(config)
    spec = dict(num_classes=generator.num_classes, image_shape=generator.image_shape, **normalisation)
    load_teacher(network, checkpoint, 'The second value of --teacher', **spec)
    return TeacherFeatures(network, **normalisation)


def stored_chains(generator: EBMGenerator, chains: dict, where: str) -> ImageSet:
    """All chains of a checkpoint as 8-bit images, labelled by class; -1 if sampling was unconditional."""
    require_chains(chains, generator.state_shape, generator.num_classes if generator.conditional else 1, where)
    labels = labels_of_chains(chains) if generator.conditional else torch.full((len(chains['states']),), -1)
    parts = zip(chains['states'].split(BATCH), labels.split(BATCH))
    return ImageSet(torch.cat([draw(generator, *part, 0)[0].cpu() for part in parts]), labels)


def fresh_chains(generator: EBMGenerator, number: int, rounds: int, seed: int) -> ImageSet:
    """New chains, of balanced classes."""
    starts, batches = fresh_starts(generator), []
    labels = torch.arange(number) % generator.num_classes
    for index, part in enumerate(labels.split(BATCH)):
        torch.manual_seed(batch_seed(seed, index))
        batches.append(draw(generator, starts(part), part, rounds)[0].cpu())
    return ImageSet(torch.cat(batches), labels if generator.conditional else torch.full_like(labels, -1))


def embed(data: tuple[ImageSet, ...], extractor: nn.Module | None) -> list[dict[str, Tensor]]:
    """Each set's points by space: ``pixels``, in which a distance is the root mean square of 0..255; ``features``."""
    device = torch.device(get_device())
    points = []
    for images in data:
        scale = images.pixels[0].numel() ** -0.5
        points.append(dict(pixels=images.pixels.to(device).flatten(1).float() * scale))
        if extractor:
            points[-1]['features'] = extract(extractor, images.pixels, device).features
    return points


def close_chains(
    chains: ImageSet, spaces: list[dict[str, Tensor]], extractor: nn.Module | None, held_out: str
) -> tuple[dict, dict]:
    """The metrics of :func:`closeness` in each space, and what it found."""
    report, pairs = dict(number=len(chains.pixels)), {}
    (own,) = embed((chains,), extractor)
    for space, points in own.items():
        try:
            report[space], pairs[space] = closeness(points, *(other[space] for other in spaces))
        except ValueError as error:
            raise ConfigError(
                f'--held-out ({held_out}) is no yardstick: {error}; name images that the prior was not trained on'
            ) from error
    return report, pairs


@torch.no_grad()
def membership_tests(generator: EBMGenerator, train: ImageSet, held_out: ImageSet) -> dict[str, dict]:
    """Membership tests by three scores: f(x), f(x, y) of the image's own class, and log p(y | x) = f(x, y) - f(x)."""

    def scores(images: ImageSet) -> dict[str, Tensor]:
        parts = (from_pixels(part.to(generator.device)) for part in images.pixels.split(BATCH))
        logits = torch.cat([generator.energy.logits(generator.to_states(part)) for part in parts]).cpu()
        own = logits.gather(1, images.labels[:, None])[:, 0]
        return {'f(x)': logits.logsumexp(1), 'f(x, y)': own, 'log p(y | x)': own - logits.logsumexp(1)}

    members, others = scores(train), scores(held_out)
    return {name: membership(members[name], others[name]) for name in members}
