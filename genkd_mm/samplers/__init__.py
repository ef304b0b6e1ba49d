"""The Langevin chain and its replay buffer."""

from .langevin import input_gradient, langevin_chain, langevin_step, normal_images, uniform_images
from .langevin_sampler import LangevinSampler
from .replay_buffer import ReplayBuffer, labels_of_chains, require_chains

__all__ = [
    'LangevinSampler',
    'ReplayBuffer',
    'input_gradient',
    'labels_of_chains',
    'langevin_chain',
    'langevin_step',
    'normal_images',
    'require_chains',
    'uniform_images',
]
