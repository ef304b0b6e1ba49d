"""How the time of the chain grows with each number, how that of replay grows with the buffer, and what a second process
brings."""

import multiprocessing
import os

import torch
from mmengine.registry import DefaultScope

from ...samplers import LangevinSampler, ReplayBuffer
from . import setting
from .timing import interleaved, processes, seconds, spread

BASE = dict(images=32, steps=10, side=32)
GROWTH = dict(images=(8, 16, 32, 64), steps=(5, 10, 20), side=(16, 32, 64))
CAPACITIES = (1000, 10000, 40000)


def chain(widen_factor: int, images: int, steps: int, side: int):
    """A call that runs one chain of so many images of side x side pixels."""
    energy = setting.energy(widen_factor)
    starts = torch.rand(images, 3, side, side, device=setting.device()) * 2 - 1
    labels = torch.arange(images, device=setting.device()) % setting.NUM_CLASSES
    sampler = LangevinSampler(steps, setting.STEP_SIZE, setting.NOISE_STD)
    return lambda: sampler.run(energy, starts, labels, lambda x: x)


def replay(capacity: int, images: int):
    """A call that draws a batch of stored chains of CIFAR's size."""
    buffer = ReplayBuffer(capacity, dtype='float16', image_shape=setting.IMAGE_SHAPE, num_classes=setting.NUM_CLASSES)
    buffer.to(setting.device())
    labels = torch.arange(images) % setting.NUM_CLASSES
    return lambda: buffer.read(buffer.draw(labels))


def _begin(shared_barrier) -> None:
    global barrier
    barrier = shared_barrier  # a pool's tasks cannot carry it


def _seconds(widen_factor: int, threads: int, chains: int, base: dict[str, int]) -> float:
    DefaultScope.get_instance('growth', scope_name='mmrazor')
    torch.set_num_threads(threads)
    run = chain(widen_factor, **base)
    run()
    barrier.wait()
    return seconds(lambda: [run() for _ in range(chains)])


def throughput(widen_factor: int, number: int, chains: int) -> float:
    """Images times steps per second of so many processes together, which share out the CPU's threads."""
    shared = multiprocessing.get_context('forkserver').Barrier(number)
    threads = max(1, torch.get_num_threads() // number)
    with processes(number, _begin, (shared,)) as pool:
        found = [pool.submit(_seconds, widen_factor, threads, chains, BASE) for _ in range(number)]
        slowest = max(future.result() for future in found)
    return number * chains * BASE['images'] * BASE['steps'] / slowest


def measure(widen_factor: int, rounds: int) -> dict:
    """Seconds of a chain by each number and of a replayed batch by capacity; throughput of one and two processes."""
    result = {}
    for name, values in GROWTH.items():
        times = interleaved({value: chain(widen_factor, **{**BASE, name: value}) for value in values}, rounds)
        result[f'chain_seconds_by_{name}'] = {value: spread(found) for value, found in times.items()}
    times = interleaved({value: replay(value, BASE['images']) for value in CAPACITIES}, 10 * rounds)
    result['replay_seconds_by_capacity'] = {value: spread(found) for value, found in times.items()}
    result['images_steps_per_second_by_processes'] = {
        number: spread([throughput(widen_factor, number, 3) for _ in range(rounds)]) for number in (1, 2)
    }
    return dict(network=f'WRN-10-{widen_factor}', base=BASE, cores=os.cpu_count(), **result)
