"""The Langevin chain and its replay buffer."""

from .langevin import input_gradient, langevin_chain, langevin_step
from .langevin_sampler import LangevinSampler
from .replay_buffer import ReplayBuffer
from .starts import normal_images, uniform_images

__all__ = [
    'LangevinSampler',
    'ReplayBuffer',
    'input_gradient',
    'langevin_chain',
    'langevin_step',
    'normal_images',
    'uniform_images',
]
