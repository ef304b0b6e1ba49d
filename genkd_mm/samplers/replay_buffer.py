"""Persistent Langevin chains."""

from collections.abc import Callable

import torch
from mmengine.dist import all_gather, all_reduce, get_rank, get_world_size
from mmrazor.registry import TASK_UTILS
from torch import Tensor

from ..utils import ConfigError
from .starts import uniform_images

DTYPES = dict(float32=torch.float32, float16=torch.float16)


@TASK_UTILS.register_module()
class ReplayBuffer:
    """Keeps the states of persistent chains (Tieleman, ICML 2008; Du and Mordatch, NeurIPS 2019).

    A slot holds one chain. With ``num_classes`` > 1 the slots are split evenly: class y owns slots
    y * chains_per_class to (y + 1) * chains_per_class - 1. Each rank keeps capacity / world size chains of its own.

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
        self._seen = torch.zeros(len(self.states), dtype=torch.bool)
        self._unsettled = torch.zeros_like(self._seen)
        self._noted = torch.zeros_like(self._seen)
        self.notes: dict[str, Tensor] = {}
        self.distinct_seen = 0
        self.restarted = torch.zeros(0, dtype=torch.bool)

    def __len__(self) -> int:
        return len(self.states)

    @property
    def labels(self) -> Tensor:
        """Class of each slot, shape (len(self),)."""
        return torch.arange(len(self), device=self.states.device) // self.chains_per_class

    def to(self, device: torch.device) -> 'ReplayBuffer':
        """Move the states; nothing is copied when they are there already."""
        self.states, self._seen, self._unsettled, self._noted = (
            values.to(device) for values in (self.states, self._seen, self._unsettled, self._noted)
        )
        self.notes = {name: values.to(device) for name, values in self.notes.items()}
        return self

    def draw(self, labels: Tensor) -> Tensor:
        """Choose a random slot of each label's class, without repetition while the class has slots left.

        Args:
            labels (Tensor): Class of each wanted chain, shape (N,), on the device of the states.

        Returns:
            Tensor: Slots, shape (N,).

        Raises:
            ConfigError: If N is larger than the buffer.
        """
        if len(labels) > len(self):
            raise ConfigError(
                f'A batch of {len(labels)} chains was asked for but each rank keeps {len(self)}; raise '
                'replay_buffer.capacity or lower train_dataloader.batch_size'
            )
        order = labels.argsort(stable=True)
        counts = labels.bincount(minlength=self.num_classes)
        first = counts.cumsum(0) - counts
        rank = torch.empty_like(labels)  # how many chains of the same class come before this one
        rank[order] = torch.arange(len(labels), device=labels.device) - first[labels[order]]
        most = min(len(labels), self.chains_per_class)  # of one class; to order all its chains would take longer
        drawn = torch.rand(self.num_classes, self.chains_per_class, device=labels.device)
        shuffled = drawn.topk(most, 1, largest=False).indices
        return labels * self.chains_per_class + shuffled[labels, rank % self.chains_per_class]

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
        return self._own_share().to(slots.device)[slots]

    def read(self, slots: Tensor) -> Tensor:
        """The stored states as float32, shape (N, C, H, W)."""
        return self.states[slots].float()

    def write(self, slots: Tensor, images: Tensor) -> None:
        """Store new states; they count as images that no student has seen.

        A state with a value that is not finite is not stored: its slot starts anew.
        """
        images = images.detach()
        finite = images.isfinite().flatten(1).all(1)
        if not finite.all():
            images = torch.where(finite.view(-1, 1, 1, 1), images, self.draw_start(images.shape, images.device))
        self.states[slots] = images.to(self.states.dtype)
        self._seen[slots] = False
        self._unsettled[slots] = True
        self._noted[slots] = False

    def cache(self, slots: Tensor, values: dict[str, Tensor]) -> None:
        """Keep in ``notes`` what was found out about the stored states, one row for each of ``slots``, shape (N, ...).

        Each call gives the same names. A note holds until :meth:`write` changes the state.
        """
        for name, rows in values.items():
            if name not in self.notes:
                self.notes[name] = rows.new_zeros(len(self), *rows.shape[1:])
            self.notes[name][slots] = rows
        self._noted[slots] = True

    def is_cached(self, slots: Tensor) -> Tensor:
        """Which of the stored states in ``slots`` have notes, shape (N,)."""
        return self._noted[slots]

    def forget_notes(self) -> None:
        """Drop all notes."""
        self._noted.zero_()
        self.notes = {}

    def commit(self) -> None:
        """Declare all chains good."""
        self._unsettled.zero_()

    def rollback(self, source: Tensor | None = None) -> int:
        """Restart the chains that were visited since :meth:`settle`, after an energy that has diverged.

        Args:
            source (Tensor, optional): States of all slots to restart from. Defaults to new starts.

        Returns:
            int: Number of chains.
        """
        slots = self._unsettled.nonzero()[:, 0]
        fresh = self.draw_start((len(slots), *self.states.shape[1:]), slots.device) if source is None else source[slots]
        self.write(slots, fresh)
        self.commit()
        return len(slots)

    def mark_seen(self, slots: Tensor) -> None:
        """Count the states in ``slots`` that no student saw before into ``distinct_seen``."""
        before = self._seen.sum()
        self._seen[slots] = True
        self.distinct_seen += int(self._seen.sum() - before)

    def forget_seen(self) -> None:
        """Start counting anew, for another student, and drop the notes, which may be another teacher's."""
        self._seen.zero_()
        self.distinct_seen = 0
        self.forget_notes()

    def state_dict(self) -> dict:
        """All ranks' chains on the CPU, class by class and in each class rank by rank; every rank must call it."""

        def all_ranks(values: Tensor) -> Tensor:
            by_class = values.view(self.num_classes, self.chains_per_class, *values.shape[1:])
            return torch.cat([part.cpu() for part in all_gather(by_class.contiguous())], 1).flatten(0, 1)

        distinct_seen = torch.tensor(self.distinct_seen, device=self.states.device)
        all_reduce(distinct_seen)
        notes = {name: all_ranks(values) for name, values in self.notes.items()}
        return dict(
            states=all_ranks(self.states),
            seen=all_ranks(self._seen.byte()).bool(),
            num_classes=self.num_classes,
            distinct_seen=int(distinct_seen),
            **(dict(notes=notes, noted=all_ranks(self._noted.byte()).bool()) if notes else {}),
        )

    def load_state_dict(self, state: dict, where: str) -> None:
        """Take over stored chains; a store of another size fills or feeds this one at random, class by class.

        Raises:
            ConfigError: If the stored chains are of another shape or number of classes; ``where`` names the file.
        """
        states, num_classes = state['states'], state['num_classes']
        if states.shape[1:] != self.states.shape[1:] or num_classes != self.num_classes:
            raise ConfigError(
                f'{where} holds chains of shape {tuple(states.shape[1:])} in {num_classes} classes but '
                f'the config makes {tuple(self.states.shape[1:])} in {self.num_classes}; use a prior of '
                'the same data, and the same `conditional`'
            )
        same = len(states) == len(self) * get_world_size()
        slots = self._own_share() if same else self._resample(len(states) // num_classes)
        device, dtype = self.states.device, self.states.dtype
        self.states = states[slots].to(device, dtype)
        self._seen = state['seen'][slots].to(device) if same else torch.zeros_like(self._seen)
        self.notes = {name: values[slots].to(device) for name, values in state.get('notes', {}).items()}
        self._noted = state['noted'][slots].to(device) if self.notes else torch.zeros_like(self._seen)
        self.commit()
        self.distinct_seen = state['distinct_seen'] if get_rank() == 0 else 0  # state_dict() adds the ranks up

    def _own_share(self) -> Tensor:
        """Slots of this rank's chains in a store of all ranks' chains."""
        per_class = self.chains_per_class * get_world_size()
        first = torch.arange(self.num_classes) * per_class + get_rank() * self.chains_per_class
        return (first[:, None] + torch.arange(self.chains_per_class)).flatten()

    def _resample(self, stored_per_class: int) -> Tensor:
        """Slots of a store with ``stored_per_class`` chains a class, one for each slot here."""
        rank = torch.arange(self.chains_per_class) % stored_per_class
        shuffled = torch.rand(self.num_classes, stored_per_class).argsort(1)[:, rank]
        return (shuffled + torch.arange(self.num_classes)[:, None] * stored_per_class).flatten()
