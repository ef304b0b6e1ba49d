"""Where the chains of stored samples start from."""

from collections.abc import Callable

import torch
from torch import Tensor

from ...samplers import require_chains
from ...structures import ChainSpec
from ...utils import ConfigError
from . import EBMGenerator


def fresh_starts(generator: EBMGenerator) -> Callable[[Tensor], Tensor]:
    """A function from sample numbers to x_0 of new chains."""
    return lambda indices: generator.draw_start(len(indices))


def stored_starts(
    generator: EBMGenerator, chains: dict, number: int, seed: int, where: str
) -> Callable[[Tensor], Tensor]:
    """A function from sample numbers to stored states: each sample has a random chain of its class to itself."""
    states, groups = chains['states'], chains['num_classes']
    require_chains(chains, generator.state_shape, generator.num_classes if generator.conditional else 1, where)
    per_class = len(states) // groups
    if -(-number // groups) > per_class:
        raise ConfigError(
            f'--number is {number} but {where} stores {per_class} chains for each of {groups} classes, '
            'and each gives one sample; lower it, or add --fresh to start new chains'
        )
    order = torch.rand(groups, per_class, generator=torch.Generator().manual_seed(seed)).argsort(1)

    def starts(indices: Tensor) -> Tensor:
        group = indices % groups
        return states[group * per_class + order[group, indices // groups]]

    return starts


def default_rounds(generator: EBMGenerator, fresh: bool) -> int:
    """1 for a stored chain, and for a flow, which is over then; for another fresh chain the mean number of rounds after
    which a stored one restarts.
    """
    if generator.sampler.start == 'normal':
        if fresh:
            generator.chain_spec.require('The checkpoint', ChainSpec.of(generator.sampler), starts_anew=True)
        return 1
    restart_prob = generator.replay_buffer.restart_prob
    if fresh and restart_prob == 0:
        raise ConfigError(
            '--fresh was given but replay_buffer.restart_prob is 0, which says nothing about how old a '
            'chain should be; add --rounds'
        )
    return round(1 / restart_prob) if fresh else 1
