"""Peak memory: each contender in a process of its own, over what that process held before."""

import copy
import re
from pathlib import Path

import torch
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS

from ...models.losses import ESTIMATORS
from ...samplers import ReplayBuffer
from . import setting
from .chain import plain_loop, torchebm_chain
from .policy_gradient import WINDOW, scoring
from .timing import processes

BASE = dict(size=32, steps=10, side=32, capacity=1000)
GROWTH = dict(size=(16, 32, 64), steps=(10, 40), side=(16, 32), capacity=(1000, 10000))


def reset_peak() -> int:
    """Let the peak start at what is held now; returns that, in bytes."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    else:
        # imports, and the process that started this one, peaked higher
        Path('/proc/self/clear_refs').write_text('5', encoding='utf-8')
    return peak_bytes()


def peak_bytes() -> int:
    """The GPU's peak if there is one, else that of the process (Linux)."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return 1024 * int(re.search(r'VmHWM:\s+(\d+)', Path('/proc/self/status').read_text(encoding='utf-8'))[1])


def _needed(contender: str, widen_factor: int, size: int, steps: int, side: int, capacity: int) -> int:
    """Bytes that one contender needs in this fresh process."""
    DefaultScope.get_instance('memory', scope_name='mmrazor')
    torch.set_num_threads(1)
    shape = (3, side, side)
    generator = MODELS.build(
        dict(
            type='EBMGenerator',
            image_shape=shape,
            sampler=dict(type='LangevinSampler', num_steps=steps),
            energy=dict(type='ClassifierEnergy', classifier=setting.energy_network(widen_factor)),
            replay_buffer=dict(type='ReplayBuffer', capacity=1000),
        )
    ).to(setting.device())
    labels = torch.arange(size, device=setting.device()) % setting.NUM_CLASSES
    classifier = copy.deepcopy(generator.energy.classifier).to(memory_format=torch.contiguous_format)  # the peers'
    images = torch.rand(size, *shape, device=setting.device()) * 2 - 1
    if contender in ESTIMATORS:
        _, window = generator.sampler.run(generator.energy, images, labels, lambda x: x, WINDOW)
        objective = scoring(generator.energy, window, torch.randn(WINDOW, size, device=images.device), contender)
    before = reset_peak()
    if contender in ESTIMATORS:
        objective().backward()
    elif contender == 'genkd_mm':
        generator.replay_buffer = ReplayBuffer(capacity, image_shape=shape, num_classes=setting.NUM_CLASSES)
        with torch.no_grad():
            generator.sample(labels)
    elif contender == 'torchebm':
        torchebm_chain(classifier, labels, steps)(images)
    else:
        plain_loop(classifier, images, labels, steps)
    return peak_bytes() - before


def peak(contender: str, widen_factor: int, **setting_of_run: int) -> float:
    """MiB that ``contender`` needs beyond networks and libraries.

    It is a chain of genkd_mm, torchebm or plain, or one of the policy gradient's estimators: its step, beyond the last
    states of the chain that it scores.
    """
    with processes(1) as pool:
        return round(pool.submit(_needed, contender, widen_factor, **setting_of_run).result() / 2**20, 1)


def measure(widen_factor: int, quick: bool) -> dict:
    """Peaks in MiB of all contenders at the same setting, and ours as one number after the other grows."""
    result = dict(
        setting=BASE,
        network=f'WRN-10-{widen_factor}',
        mebibytes={name: peak(name, widen_factor, **BASE) for name in ('genkd_mm', 'torchebm', 'plain', *ESTIMATORS)},
    )
    if not quick:
        result['growth'] = {
            name: {value: peak('genkd_mm', widen_factor, **{**BASE, name: value}) for value in values}
            for name, values in GROWTH.items()
        }
    return result
