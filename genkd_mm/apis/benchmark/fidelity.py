"""Whether the fast chain goes where the float32 chain goes, on a trained prior."""

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from ...engine.runner.config import load_config
from ...models.networks import build_generator
from ...samplers import LangevinSampler
from ...samplers.langevin import input_gradient
from ...utils import evaluating, read_checkpoint
from . import setting


def energy_share(fast: Tensor, exact: Tensor) -> float:
    """|mean(fast) - mean(exact)| / std(exact) of two samples of energies, each (N,)."""
    return ((fast.mean() - exact.mean()).abs() / exact.std()).item()


def measure(config: str, checkpoint: str, chains: int, steps: int, starts: int = 3) -> dict:
    """Angle of the drifts at the same states, and energies of chains at their end.

    The drifts grad f(x) are compared, by the cosine of their angle, at the starts and at the float32 chain's ends; and
    what the difference moves an image in a step is compared with what the noise moves it, eta |difference| / (sigma
    sqrt(D)) for D pixels. The energies f(x_n) are those of float32 passes. Fast and float32 chains share starts and
    noise. Beside their difference stands that of two sets of float32 chains with the same starts and another noise:
    what chance alone does.

    Args:
        config (str): Path of a prior's config.
        checkpoint (str): Path of its checkpoint.
        chains (int): N.
        steps (int): n.
        starts (int): How many seeds of starts and noise; drifts are taken together, energies each by itself.
            Defaults to 3.

    Raises:
        ConfigError: If the files are missing or do not fit each other.
    """
    settings = load_config(config)
    generator, _ = build_generator(settings, read_checkpoint(checkpoint, '--prior'), checkpoint)
    energy, device = generator.energy, setting.device()
    labels = torch.arange(chains, device=device) % generator.num_classes
    fast = LangevinSampler(steps, setting.STEP_SIZE, setting.NOISE_STD)
    exact = LangevinSampler(steps, setting.STEP_SIZE, setting.NOISE_STD, dtype='float32')

    def drift(images: Tensor, sampler: LangevinSampler) -> Tensor:
        def passes(x: Tensor) -> Tensor:
            with sampler.precision.autocast(device):
                return energy(x, labels).float()

        return input_gradient(passes, images).flatten(1)

    def end(sampler: LangevinSampler, images: Tensor, noise_seed: int) -> Tensor:
        torch.manual_seed(noise_seed)
        return sampler.run(energy, images, labels, lambda x: x)[0]

    cosines, errors, shares, chance = dict(starts=[], ends=[]), [], [], []
    with evaluating(energy):
        for seed in range(starts):
            torch.manual_seed(seed)
            images = torch.rand(chains, *generator.image_shape, device=device) * 2 - 1
            images = images.contiguous(memory_format=torch.channels_last)
            ends = dict(
                fast=end(fast, images, 100 + seed),
                exact=end(exact, images, 100 + seed),
                other=end(exact, images, 200 + seed),
            )
            for place, states in dict(starts=images, ends=ends['exact']).items():
                one, other = drift(states, fast), drift(states, exact)
                cosines[place].append(cosine_similarity(one, other))
                errors.append(setting.STEP_SIZE * (one - other).norm(dim=1) / (setting.NOISE_STD * one.shape[1] ** 0.5))
            with torch.no_grad():
                energies = {name: energy(state, labels) for name, state in ends.items()}
            shares.append(energy_share(energies['fast'], energies['exact']))
            chance.append(energy_share(energies['other'], energies['exact']))
    return dict(
        prior=config,
        chains=chains,
        steps=steps,
        fast_dtype=str(fast.precision.dtype(device)).removeprefix('torch.'),
        drift_cosine={
            place: dict(lowest=values.min().item(), of_100=values.quantile(0.01).item(), median=values.median().item())
            for place, values in ((place, torch.cat(parts)) for place, parts in cosines.items())
        },
        largest_drift_error_over_noise=torch.cat(errors).max().item(),
        energy_difference_over_spread=shares,
        of_another_noise=chance,
    )
