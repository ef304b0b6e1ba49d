"""Autoencoders, backbones, energies, criteria, the generator, the algorithms and their objectives."""

from .algorithms import *  # noqa: F403
from .autoencoders import *  # noqa: F403
from .backbones import *  # noqa: F403
from .criteria import *  # noqa: F403
from .energies import *  # noqa: F403
from .generators import *  # noqa: F403
from .teachers import *  # noqa: F403
