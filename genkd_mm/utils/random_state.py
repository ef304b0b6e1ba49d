"""The random numbers of a process, as plain data that a checkpoint can carry."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def get_random_state() -> dict:
    """The states of Python's, NumPy's, torch's and, if there is a GPU, the current device's generator.

    Returns:
        dict: Tensors and numbers alone, which ``torch.load(weights_only=True)`` reads.
    """
    version, words, gauss = random.getstate()
    numpy_state: Any = np.random.get_state()  # its stub is of several forms
    name, keys, position, has_gauss, cached = numpy_state
    state = dict(
        python=(version, torch.tensor(words), gauss),
        numpy=(name, torch.from_numpy(keys.astype(np.int64)), int(position), int(has_gauss), float(cached)),
        torch=torch.get_rng_state(),
    )
    if torch.cuda.is_available():
        state['cuda'] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: dict) -> None:
    """The inverse of :func:`get_random_state`; the GPU's state is taken over where there is a GPU."""
    version, words, gauss = state['python']
    random.setstate((version, tuple(words.tolist()), gauss))
    name, keys, *rest = state['numpy']
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(state['torch'].cpu())
    if 'cuda' in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state['cuda'].cpu())


@contextmanager
def seeded(*numbers: int) -> Iterator[None]:
    """The CPU's generators seeded by ``numbers``, and their own states back at the end."""
    state = random.getstate(), np.random.get_state(), torch.get_rng_state()
    seed = int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0])
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would reseed a GPU too
    try:
        yield
    finally:
        random.setstate(state[0])
        np.random.set_state(state[1])
        torch.set_rng_state(state[2])
