"""Persistent Langevin chains."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import cycle

import numpy as np
import torch
from mmengine.dist import all_reduce, gather, get_rank, get_world_size
from mmrazor.registry import TASK_UTILS
from torch import Tensor

from ..utils import ConfigError
from .langevin import uniform_images

DTYPES = dict(float32=torch.float32, float16=torch.float16)


@TASK_UTILS.register_module()
class ReplayBuffer:
    """Keeps the states of persistent chains (Tieleman, ICML 2008; Du and Mordatch, NeurIPS 2019).

    A slot holds one chain. With ``num_classes`` > 1 the slots are split evenly: class y owns slots
    y * chains_per_class to (y + 1) * chains_per_class - 1. Each rank keeps capacity / world size chains of its own.
    Slots are drawn, and visits are noted, on the CPU; the states, their rewards and their notes are on the device, and
    nothing waits for a GPU.

    Args:
        capacity (int): Number of chains over all ranks. Defaults to 10000.
        restart_prob (float): Share of the visited chains that start anew, in [0, 1]. Defaults to 0.05.
        dtype (str): How states are stored: float32 or float16. Defaults to float32.
        image_shape (tuple[int]): Channels, height, width. Set by ``EBMGenerator``.
        num_classes (int): Number of classes whose chains are kept apart, 1 when sampling is unconditional. Set by
            ``EBMGenerator``. Defaults to 1.
        draw_start (Callable): x_0 of new chains, from their shape and device. Set by ``EBMGenerator``, from the
            sampler. Defaults to U(-1, 1).

    Raises:
        ConfigError: If a value is out of range or a rank would have no chain for some class.
    """

    def __init__(
        self,
        capacity: int = 10000,
        restart_prob: float = 0.05,
        dtype: str = 'float32',
        *,
        image_shape: tuple[int, int, int],
        num_classes: int = 1,
        draw_start: Callable[[tuple[int, ...], torch.device | str], Tensor] = uniform_images,
    ) -> None:
        if not 0 <= restart_prob <= 1:
            raise ConfigError(f'replay_buffer.restart_prob is {restart_prob}; expected a probability, 0 to 1')
        if dtype not in DTYPES:
            raise ConfigError(f'replay_buffer.dtype is {dtype!r}; expected one of {", ".join(DTYPES)}')
        self.chains_per_class = capacity // get_world_size() // num_classes
        if self.chains_per_class < 1:
            raise ConfigError(
                f'replay_buffer.capacity is {capacity}, less than one chain for each of {num_classes} '
                f'classes on each of {get_world_size()} ranks; raise it'
            )
        self.num_classes = num_classes
        self.restart_prob = restart_prob
        self.draw_start = draw_start
        shape = (self.chains_per_class * num_classes, *image_shape)
        self.states = draw_start(shape, 'cpu').to(DTYPES[dtype])
        self._seen, self._unsettled, self._cached = np.zeros((3, len(self.states)), dtype=bool)
        self.notes: dict[str, Tensor] = {}
        self.rewards: Tensor | None = None  # -inf where there is none
        self.distinct_seen = 0
        self.restarted = torch.zeros(0, dtype=torch.bool)

    def __len__(self) -> int:
        return len(self.states)

    @property
    def labels(self) -> Tensor:
        """Class of each slot, shape (len(self),)."""
        return torch.arange(len(self), device=self.states.device) // self.chains_per_class

    def to(self, device: torch.device) -> 'ReplayBuffer':
        """Move the states, rewards and notes; nothing is copied when they are there already."""
        self.states = self.states.to(device)
        self.rewards = None if self.rewards is None else self.rewards.to(device)
        self.notes = {name: values.to(device) for name, values in self.notes.items()}
        return self

    def draw(self, labels: Tensor) -> Tensor:
        """Choose a random slot of each label's class, without repetition while the class has slots left.

        Args:
            labels (Tensor): Class of each wanted chain, shape (N,), on the CPU, or the GPU is waited for.

        Returns:
            Tensor: Slots, int64 on the CPU, shape (N,), by the random numbers of Python's default generator.

        Raises:
            ConfigError: If N is larger than the buffer.
        """
        if len(labels) > len(self):
            raise ConfigError(
                f'A batch of {len(labels)} chains was asked for but each rank keeps {len(self)}; raise '
                'replay_buffer.capacity or lower train_dataloader.batch_size'
            )
        wanted, chains = labels.tolist(), self.chains_per_class
        drawn = {y: cycle(random.sample(range(chains), min(n, chains))) for y, n in Counter(wanted).items()}
        return torch.tensor([y * chains + next(drawn[y]) for y in wanted])

    def starts(self, slots: Tensor) -> Tensor:
        """x_0 of the next visit: the stored states, a share of ``restart_prob`` replaced by new starts.

        ``restarted`` then says which of these chains started again, shape (N,).

        Returns:
            Tensor: Shape (N, C, H, W), float32 in [-1, 1].
        """
        images = self.read(slots)
        self.restarted = torch.rand(len(slots), device=images.device) < self.restart_prob
        return torch.where(self.restarted.view(-1, 1, 1, 1), self.draw_start(images.shape, images.device), images)

    def global_ids(self, slots: Tensor) -> Tensor:
        """Each chain's place in :meth:`state_dict`, int64, shape (N,): no two ranks share one, and a resumed run,
        also on another number of ranks, gives the same chain the same number if it keeps as many chains.
        """
        others = slots // self.chains_per_class * (get_world_size() - 1) + get_rank()
        return slots + others * self.chains_per_class

    def read(self, slots: Tensor) -> Tensor:
        """The stored states as float32, shape (N, C, H, W)."""
        return self.states[self._on_device(slots)].float()

    def write(self, slots: Tensor, images: Tensor) -> None:
        """Store new states; they count as images that no student has seen."""
        places = self._on_device(slots)
        self.states[places] = images.detach().to(self.states.dtype)
        if self.rewards is not None:
            self.rewards[places] = -torch.inf
        visited = slots.numpy()
        self._seen[visited], self._unsettled[visited], self._cached[visited] = False, True, False

    def reward(self, slots: Tensor, rewards: Tensor) -> None:
        """Keep the rewards of stored states, shape (N,), for :meth:`draw_rewarded`, until they change."""
        self.rewards = self._known_rewards()
        self.rewards[self._on_device(slots)] = rewards

    def draw_rewarded(self, labels: Tensor, temperature: float) -> Tensor:
        """Slots of the classes ``labels`` (N,), drawn with p proportional to exp(R / T); both on the device.

        States without a finite reward are not drawn, unless their class has no other.
        """
        rewards = self._known_rewards().view(self.num_classes, -1)
        known = rewards.isfinite()
        drawable = known | ~known.any(1, keepdim=True)
        classes = labels if self.num_classes > 1 else torch.zeros_like(labels)
        scores = torch.where(known, rewards / temperature, 0)[classes]
        gumbel = -torch.empty_like(scores).exponential_().log()  # Gumbel-max; torch.multinomial would wait for the GPU
        chosen = torch.where(drawable[classes], scores + gumbel, -torch.inf).argmax(1)
        return classes * self.chains_per_class + chosen

    def _known_rewards(self) -> Tensor:
        none = torch.full((len(self),), -torch.inf, device=self.states.device)
        return none if self.rewards is None else self.rewards

    def _on_device(self, slots: Tensor) -> Tensor:
        return slots.to(self.states.device, non_blocking=True)

    def cache(self, slots: Tensor, values: dict[str, Tensor]) -> None:
        """Keep in ``notes`` what was found out about the stored states, one row for each of ``slots``, shape (N, ...).

        Each call gives the same names. A note holds until :meth:`write` changes the state.
        """
        for name, rows in values.items():
            if name not in self.notes:
                self.notes[name] = rows.new_zeros(len(self), *rows.shape[1:])
            self.notes[name][self._on_device(slots)] = rows
        self._cached[slots.numpy()] = True

    def cached(self, slots: Tensor) -> dict[str, Tensor]:
        """The notes of the stored states in ``slots``, which all have some, by name; each of shape (N, ...)."""
        places = self._on_device(slots)
        return {name: values[places] for name, values in self.notes.items()}

    def is_cached(self, slots: Tensor) -> Tensor:
        """Which of the stored states in ``slots`` have notes, bool on the CPU, shape (N,)."""
        return torch.from_numpy(self._cached[slots.numpy()])

    def forget_notes(self) -> None:
        """Drop all notes."""
        self._cached[:] = False
        self.notes = {}

    def commit(self) -> None:
        """Declare all chains good."""
        self._unsettled[:] = False

    def rollback(self, source: 'ReplayBuffer | None' = None) -> int:
        """Restart the chains that were visited since :meth:`commit`, after an energy that has diverged.

        Args:
            source (ReplayBuffer, optional): Its states, slot by slot, are restarted from. Defaults to new starts.

        Returns:
            int: Number of chains.
        """
        slots = torch.from_numpy(np.flatnonzero(self._unsettled))
        shape = (len(slots), *self.states.shape[1:])
        self.write(slots, self.draw_start(shape, self.states.device) if source is None else source.read(slots))
        self.commit()
        return len(slots)

    def mark_seen(self, slots: Tensor) -> None:
        """Count the states in ``slots`` that no student saw before into ``distinct_seen``."""
        new = np.unique(slots.numpy())
        self.distinct_seen += int((~self._seen[new]).sum())
        self._seen[new] = True

    def forget_seen(self) -> None:
        """Start counting anew, for another student; drop notes and rewards, which may be another teacher's."""
        self._seen[:] = False
        self.distinct_seen = 0
        self.rewards = None
        self.forget_notes()

    def state_dict(self) -> dict:
        """All ranks' chains on rank 0's CPU, class by class and in each class rank by rank; every rank must call it.

        Returns:
            dict: On the other ranks it lacks their chains.
        """

        def all_ranks(values: Tensor) -> Tensor:
            by_class = values.view(self.num_classes, self.chains_per_class, *values.shape[1:])
            parts = gather(by_class.contiguous()) or [by_class[:, :0]]
            return torch.cat([part.cpu() for part in parts], 1).flatten(0, 1)

        def flags(values: np.ndarray) -> Tensor:
            return all_ranks(torch.from_numpy(values.astype(np.uint8))).bool()

        distinct_seen = torch.tensor(self.distinct_seen, device=self.states.device)
        all_reduce(distinct_seen)
        notes = {name: all_ranks(values) for name, values in self.notes.items()}
        return dict(
            states=all_ranks(self.states),
            seen=flags(self._seen),
            num_classes=self.num_classes,
            distinct_seen=int(distinct_seen),
            **(dict(notes=notes, noted=flags(self._cached)) if notes else {}),
            **({} if self.rewards is None else dict(rewards=all_ranks(self.rewards))),
        )

    def load_state_dict(self, state: dict, where: str) -> None:
        """Take over stored chains; a store of another size fills or feeds this one at random, class by class.

        Raises:
            ConfigError: If the stored chains are of another shape or number of classes; ``where`` names the file.
        """
        states, num_classes = state['states'], state['num_classes']
        require_chains(state, self.states.shape[1:], self.num_classes, where)
        same = len(states) == len(self) * get_world_size()
        slots = self.global_ids(torch.arange(len(self))) if same else self._resample(len(states) // num_classes)
        device, dtype = self.states.device, self.states.dtype
        self.states = states[slots].to(device, dtype)
        self.rewards = state['rewards'][slots].to(device) if 'rewards' in state else None
        self._seen = state['seen'][slots].numpy() if same else np.zeros_like(self._seen)
        self.notes = {name: values[slots].to(device) for name, values in state.get('notes', {}).items()}
        self._cached = state['noted'][slots].numpy() if self.notes else np.zeros_like(self._seen)
        self.commit()
        self.distinct_seen = state['distinct_seen'] if get_rank() == 0 else 0  # state_dict() adds the ranks up

    def _resample(self, stored_per_class: int) -> Tensor:
        """Slots of a store with ``stored_per_class`` chains a class, one for each slot here."""
        rank = torch.arange(self.chains_per_class) % stored_per_class
        shuffled = torch.rand(self.num_classes, stored_per_class).argsort(1)[:, rank]
        return (shuffled + torch.arange(self.num_classes)[:, None] * stored_per_class).flatten()


def require_chains(chains: dict, image_shape: Sequence[int], num_classes: int, where: str) -> None:
    """Raises ConfigError if stored chains are of another shape or number of classes; ``where`` names their file."""
    missing = {'states', 'num_classes', 'seen', 'distinct_seen'} - chains.keys()
    if missing or len(chains['states']) < num_classes:
        raise ConfigError(
            f'{where} holds chains without {", ".join(sorted(missing)) or "one for each class"}; use a whole file, as '
            'GenKDCheckpointHook or tools/publish.py writes it'
        )
    shape, stored = tuple(chains['states'].shape[1:]), chains['num_classes']
    if shape != tuple(image_shape) or stored != num_classes:
        raise ConfigError(
            f'{where} holds chains of shape {shape} in {stored} classes but the config makes {tuple(image_shape)} in '
            f'{num_classes}; use a prior of the same data, and the same `conditional`'
        )


def labels_of_chains(chains: dict) -> Tensor:
    """Class of each stored chain, int64, shape (chains,); 0 when sampling was unconditional."""
    number = len(chains['states'])
    return torch.arange(number) // (number // chains['num_classes'])
