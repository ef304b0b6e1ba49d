"""Drawing labelled pseudo samples from a checkpoint and storing them."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dist import barrier, get_dist_info, is_main_process
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from ..engine.runner.config import in_scope
from ..engine.runner.failures import stopped_in_one_sentence
from ..engine.runner.launch import from_main_process, process_group
from ..models.criteria.frozen_networks import judge
from ..models.generators import EBMGenerator
from ..models.generators.chain_starts import default_rounds, fresh_starts, stored_starts
from ..models.networks import build_generator
from ..structures import DataSpec, SampleFolder
from ..structures.pixels import from_pixels, to_bytes
from ..structures.sample_folder import UNLABELLED
from ..utils import ConfigError, read_checkpoint


@in_scope
def sample(
    config: Config | str | Path,
    checkpoint: str,
    folder: str | Path,
    number: int,
    seed: int = 0,
    fresh: bool = False,
    rounds: int | None = None,
    batch_size: int = 200,
    launcher: str = 'none',
) -> SampleFolder:
    """Draw samples, balanced over the classes, and write them; batches that are there already are not drawn again.

    Sample i is of class i mod C. Each comes from a chain of its own, and each batch has a seed of its own, so the
    files do not depend on how often the run was stopped, nor on the number of processes.

    Args:
        config (Config | str | Path): With ``model.generator``, or the path of one; its teachers, if any, give their
            opinion on each sample.
        checkpoint (str): As ``GenKDCheckpointHook`` writes it.
        folder (str | Path): See :mod:`genkd_mm.structures.sample_folder`.
        number (int): Samples over all processes.
        seed (int): Chooses the chains and their noise. Defaults to 0.
        fresh (bool): Start new chains instead of taking the states that the checkpoint stores. Defaults to
            False.
        rounds (int, optional): How often each chain runs its ``num_steps``; 0 takes the states as they are. Defaults
            to 1, and to 1 / ``restart_prob``, the mean age of a stored chain, if ``fresh``.
        batch_size (int): Chains that run at once. Defaults to 200.
        launcher (str): How the processes were started. Defaults to none.

    Raises:
        ConfigError: At bad input, before a sample is drawn.
        TrainingError: If a file cannot be written or another process died; whole samples stay, and can be used.
    """
    require_at_least('--number', number, 1)
    require_at_least('--batch-size', batch_size, 1)
    content = read_checkpoint(checkpoint, 'The checkpoint argument')
    with process_group(launcher, config.get('env_cfg', {}).get('dist_cfg')):
        generator, teachers = build_generator(config, content, checkpoint)
        if generator.image_shape[0] not in (1, 3):
            raise ConfigError(
                f'model.generator.image_shape is {generator.image_shape} but PNG files have 1 or 3 channels'
            )
        rounds = default_rounds(generator, fresh) if rounds is None else rounds
        require_at_least('--rounds', rounds, 0)
        chains = content['chains']
        starts = fresh_starts(generator) if fresh else stored_starts(generator, chains, number, seed, checkpoint)
        target = SampleFolder(folder)
        spec = DataSpec.from_dict(content['data_spec']) if 'data_spec' in content else None
        metadata = dict(
            number=number,
            seed=seed,
            fresh=fresh,
            rounds=rounds,
            batch_size=batch_size,
            classes=spec.classes if spec else [str(label) for label in range(generator.num_classes)],
            image_shape=generator.image_shape,
            mean=generator.mean,
            std=generator.std,
            sampler=config.model.generator.sampler,
            teachers=list(teachers),
            fingerprint=fingerprint(content),
            config=str(config.filename),
            checkpoint=str(checkpoint),
        )
        with stopped_in_one_sentence(target.progress, 'give the same command again'):
            from_main_process(lambda: target.start(metadata))
            if not target.finished:
                write_batches(target, generator, teachers, starts, number, seed, rounds, batch_size)
        if is_main_process():
            print(f'{number} samples are in {target.path}')
    return target


def write_batches(
    target: SampleFolder,
    generator: EBMGenerator,
    teachers: dict[str, nn.Module],
    starts: Callable[[Tensor], Tensor],
    number: int,
    seed: int,
    rounds: int,
    batch_size: int,
) -> None:
    """Draw and write the batches that are missing, shared out over the processes, and finish the folder."""
    rank, world_size = get_dist_info()
    firsts = range(0, number, batch_size)
    done = target.done()
    barrier()  # nobody writes before everybody has looked
    missing = [batch for batch in range(len(firsts)) if batch not in done]
    columns = (TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=not is_main_process()) as progress:
        task = progress.add_task('batches', total=len(firsts), completed=len(done))
        for batch in missing[rank::world_size]:
            indices = torch.arange(firsts[batch], min(firsts[batch] + batch_size, number))
            torch.manual_seed(batch_seed(seed, batch))
            pixels, labels = draw(generator, starts(indices), indices % generator.num_classes, rounds)
            labels, opinions = judged(generator, teachers, pixels, labels)
            target.write(batch, int(indices[0]), pixels.permute(0, 2, 3, 1).cpu().numpy(), labels.tolist(), opinions)
            progress.update(task, completed=len(target.done()))
        barrier()
        progress.update(task, completed=len(target.done()))
    if is_main_process():
        target.finish()
    barrier()


@torch.no_grad()
def draw(generator: EBMGenerator, starts: Tensor, labels: Tensor, rounds: int) -> tuple[Tensor, Tensor | None]:
    """Run chains.

    Args:
        generator (EBMGenerator): Energy and sampler; its own replay buffer is not touched.
        starts (Tensor): x_0, shape (N, C, H, W), images in [-1, 1] or latents.
        labels (Tensor): Classes to draw, shape (N,).
        rounds (int): How often the sampler's ``num_steps`` are run.

    Returns:
        tuple: Pixels, uint8, 0..255, without any stretch of the contrast; the labels, or None when sampling is
        unconditional.
    """
    images = starts.to(generator.device, torch.float32)
    labels = labels.to(generator.device) if generator.conditional else None
    for _ in range(rounds):
        images, _ = generator.sampler.run(generator.energy, images, labels, generator.to_classifier)
    broken = int((~images.isfinite()).flatten(1).any(1).sum())
    if broken:
        raise ConfigError(
            f'{broken} of {len(images)} chains are not finite, so the checkpoint is damaged or its '
            'energy has diverged; draw from another one'
        )
    return to_bytes(generator.to_images(images)), labels


@torch.no_grad()
def judged(
    generator: EBMGenerator, teachers: dict[str, nn.Module], pixels: Tensor, labels: Tensor | None
) -> tuple[Tensor, dict[str, list]]:
    """Labels and each teacher's opinion.

    Without ``labels`` the first teacher's argmax is the label; without a teacher too, -1.

    Returns:
        tuple: Labels (N,); the columns ``NAME_label``, the teacher's argmax, and ``NAME_probability``, its probability
        of the label, with six decimals.
    """
    images = generator.normalise(from_pixels(pixels))
    opinions = {name: judge(teacher, images).float().softmax(1) for name, teacher in teachers.items()}
    if labels is None:
        labels = next(
            (probabilities.argmax(1) for probabilities in opinions.values()), torch.full((len(pixels),), UNLABELLED)
        )
    columns = {}
    for name, probabilities in opinions.items():
        columns[f'{name}_label'] = probabilities.argmax(1).tolist()
        columns[f'{name}_probability'] = [f'{value:.6f}' for value in probabilities.gather(1, labels[:, None])[:, 0]]
    return labels, columns


def batch_seed(seed: int, batch: int) -> int:
    """A seed for each batch of each run."""
    return int(np.random.SeedSequence((seed, batch)).generate_state(1)[0])


def fingerprint(checkpoint: dict) -> str:
    """16 hexadecimal digits that tell one model with its chains from another."""
    digest = hashlib.sha256()
    tensors = {**checkpoint['state_dict'], 'chains': checkpoint['chains']['states']}
    for name, value in tensors.items():
        digest.update(name.encode() + value.reshape(-1).contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]


def require_at_least(name: str, value: int, least: int) -> None:
    """Raises ConfigError if ``value`` is smaller."""
    if value < least:
        raise ConfigError(f'{name} is {value}; expected {least} or more')
