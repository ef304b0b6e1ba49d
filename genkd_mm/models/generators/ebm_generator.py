"""An energy-based model behind mmrazor's generator contract."""

import copy
from collections.abc import Callable, Sequence

import torch
from mmengine.model import BaseModule
from mmrazor.registry import MODELS, TASK_UTILS
from torch import Tensor, nn

from ...samplers import ReplayBuffer
from ...structures import ChainSpec, DataSpec, Samples, Trajectory
from ...structures.pixels import HALF_RANGE, denormalised, normalised
from ...utils import ConfigError, load_strictly, part_of, read_checkpoint
from ..classifiers import count_outputs
from ..criteria import FrozenNetworks, build_criteria, require_gradients


@MODELS.register_module()
class EBMGenerator(BaseModule):
    """Energy, Langevin sampler and replay buffer as a generator of images.

    The energy and its chains live in [-1, 1], or with a decoder in its latent space; everything outside sees the
    classifiers' normalised space, z = ((x + 1) * 127.5 - mean) / std, and this class alone maps between the two.

    Args:
        energy (dict): Config of the energy, ``ClassifierEnergy``.
        sampler (dict): Config of the chain, ``LangevinSampler``; its ``guidance`` is a list of criteria.
        replay_buffer (dict): Config of the chains' store, ``ReplayBuffer``.
        image_shape (Sequence[int]): Channels, height, width.
        mean (Sequence[float]): The classifiers' mean of each channel, 0..255. Defaults to 127.5.
        std (Sequence[float]): The classifiers' standard deviation of each channel, 0..255. Defaults to 127.5.
        conditional (bool): Whether chains climb f(x, y) of a given class, and are kept per class, or climb f(x).
            Defaults to True.
        decoder (dict, optional): Config of an autoencoder, :class:`DiffusersAutoencoder`. Energy and chains then live
            in its latent space, where chains are not clamped, and images are what it decodes, clamped to [-1, 1]. Its
            weights stay as they are, and are a part of the checkpoint. Defaults to none.
        latent_dim (int): mmrazor draws a latent vector of this size for each image; a chain starts from the replay
            buffer instead, so only the number of vectors counts. Defaults to 1.
        init_cfg (dict, optional): ``dict(type='Pretrained', checkpoint=...)`` loads a prior that ``EBMPrior`` has
            trained: every parameter, the chains, and its data specification, or nothing.

    Raises:
        ConfigError: If the energy does not take images of ``image_shape``, or latents of them, or a part's config is
            wrong.
    """

    _is_init: bool  # mmengine's

    def __init__(
        self,
        energy: dict,
        sampler: dict,
        replay_buffer: dict,
        image_shape: Sequence[int],
        mean: Sequence[float] = (HALF_RANGE,),
        std: Sequence[float] = (HALF_RANGE,),
        conditional: bool = True,
        decoder: dict | None = None,
        latent_dim: int = 1,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.energy = MODELS.build(energy)
        self.image_shape = tuple(image_shape)
        self.decoder = None
        if decoder is not None:
            self.decoder = MODELS.build(decoder, default_args=dict(image_shape=self.image_shape)).requires_grad_(False)
        self.state_shape = self.decoder.latent_shape if self.decoder else self.image_shape
        self.num_classes = count_outputs(self.energy, self.state_shape, 'generator.energy', self.energy.logits)
        self.conditional = conditional
        self.latent_dim = latent_dim
        self.mean, self.std = tuple(mean), tuple(std)
        self.register_buffer('_mean', torch.tensor(self.mean).view(-1, 1, 1), persistent=False)
        self.register_buffer('_std', torch.tensor(self.std).view(-1, 1, 1), persistent=False)
        criteria = build_criteria(sampler.get('guidance', ()), 'generator.sampler.guidance')
        self.sampler = TASK_UTILS.build({**sampler, 'guidance': criteria, 'clamp': self.decoder is None})
        if any(size % self.sampler.noise_block for size in self.state_shape[1:]):
            raise ConfigError(
                f'generator.sampler.noise_block is {self.sampler.noise_block} but chains have the shape '
                f'{self.state_shape}; give a divisor of height and width'
            )
        self.replay_buffer = TASK_UTILS.build(
            replay_buffer,
            default_args=dict(
                image_shape=self.state_shape,
                num_classes=self.num_classes if conditional else 1,
                draw_start=self.sampler.draw_start,
            ),
        )
        self.chain_spec = ChainSpec.of(self.sampler)
        self.prior: ReplayBuffer | None = None
        self._broken = torch.zeros((), dtype=torch.int64)

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return self._mean.device

    def to_images(self, states: Tensor) -> Tensor:
        """States of chains -> images in [-1, 1]: themselves, or decoded."""
        return self.decoder.decode(states).clamp(-1, 1) if self.decoder else states

    @torch.no_grad()
    def to_states(self, images: Tensor) -> Tensor:
        """Images in [-1, 1] -> states of chains: themselves, or encoded."""
        return self.decoder.encode(images) if self.decoder else images

    def normalise(self, images: Tensor) -> Tensor:
        """[-1, 1] -> the classifiers' normalised space."""
        return normalised(images, self._mean, self._std)

    def to_classifier(self, states: Tensor) -> Tensor:
        """States of chains -> the classifiers' normalised space."""
        return self.normalise(self.to_images(states))

    def from_classifier(self, images: Tensor) -> Tensor:
        """The inverse of :meth:`to_classifier`, as far as a decoder has one."""
        return self.to_states(denormalised(images, self._mean, self._std))

    def draw_start(self, number: int) -> Tensor:
        """x_0 of new chains, shape ``(number, *state_shape)``."""
        return self.sampler.draw_start((number, *self.state_shape), self.device)

    def bind(self, networks: FrozenNetworks) -> None:
        """Name the teachers and the student for the guidance criteria.

        Raises:
            ConfigError: If one of them needs the gradient of a teacher that has none, or a second derivative of an
                estimate.
        """
        require_gradients(self.sampler.guidance, networks, self.sampler.differentiable_steps)
        for criterion in self.sampler.guidance:
            criterion.bind(networks)

    def forward(
        self,
        data: Tensor | None = None,
        batch_size: int = 1,
        objective: Callable[[nn.Module], dict[str, Tensor]] | None = None,
    ) -> Tensor | dict[str, Tensor]:
        """mmrazor's generator interface, through which a distributed wrapper also sees the energy's losses.

        Args:
            data (Tensor, optional): Latent vectors, shape (N, latent_dim); only N is used.
            batch_size (int): Number of images when ``data`` is None. Defaults to 1.
            objective (Callable, optional): When given, nothing is drawn: the result is ``objective(energy)``. The
                wrapper around this module then averages the gradients of the energy's losses over ranks.

        Returns:
            Tensor | dict[str, Tensor]: Images (N, C, H, W) in the classifiers' space, of balanced random classes; they
            carry gradients of the energy's parameters when ``sampler.differentiable_steps`` is above 0. With an
            objective, its losses.
        """
        if objective is not None:
            return objective(self.energy)
        return self.sample(self.random_labels(batch_size if data is None else len(data))).images

    def random_labels(self, number: int) -> Tensor:
        """``number`` classes, as evenly as possible, in random order, on the CPU, where slots are drawn."""
        return (torch.randperm(number) + torch.randint(self.num_classes, ())) % self.num_classes

    def sample(self, labels: Tensor, window: int = 0) -> Samples:
        """Advance one chain for each label and store its new state.

        Only a chain with values that are not finite is restarted. In a recorded window it stays at its new start, where
        it earns nothing.

        Args:
            labels (Tensor): Classes, int64, shape (N,), on the CPU, or the GPU is waited for; when sampling is
                unconditional only N is used.
            window (int): K, number of consecutive steps to record. Defaults to 0.

        Returns:
            Samples: The chains' new states, with their trajectory when ``window`` is above 0.
        """
        samples = self.advance(labels, window)
        return samples._replace(images=self.to_classifier(samples.images))

    def advance(self, labels: Tensor, window: int = 0) -> Samples:
        """:meth:`sample`, whose images are the states as they are, ``(N, *state_shape)``."""
        slots, drawn_for = self._draw(labels)
        states, trajectory = self._run(self.replay_buffer.starts(slots), drawn_for, window)
        self.replay_buffer.write(slots, states)
        return Samples(states, drawn_for, slots, trajectory)

    def _run(self, start: Tensor, labels: Tensor | None, window: int = 0) -> tuple[Tensor, Trajectory | None]:
        """The ends of chains, new starts instead of those that are not finite, and the recorded window."""
        images, trajectory = self.sampler.run(self.energy, start, labels, self.to_classifier, window)
        finite = images.isfinite().flatten(1).all(1)
        self._broken = self._broken.to(self.device) + (~finite).sum()
        restarts = self.draw_start(len(images))  # for all: to ask a GPU how many are needed is to wait for it
        images = torch.where(finite.view(-1, 1, 1, 1), images, restarts)
        return images, trajectory and trajectory.keep(finite, restarts)

    def _draw(self, labels: Tensor) -> tuple[Tensor, Tensor | None]:
        """A slot for each of ``labels`` and, when sampling is conditional, the labels on the device."""
        buffer = self.replay_buffer.to(self.device)
        if not self.conditional:
            return buffer.draw(torch.zeros_like(labels)), None
        return buffer.draw(labels), labels.to(self.device, non_blocking=True)

    def count_broken_chains(self) -> int:
        """How many chains were not finite and restarted since the last call; waits for the GPU."""
        broken, self._broken = int(self._broken), torch.zeros_like(self._broken)
        return broken

    def restart_unsettled_chains(self) -> int:
        """Reset the chains drawn since ``replay_buffer.commit()`` to the prior's, else to U(-1, 1).

        Returns:
            int: Number of chains.
        """
        return self.replay_buffer.rollback(self.prior and self.prior.to(self.device))

    def replay(self, number: int) -> Samples:
        """Stored states of ``number`` chains of balanced classes, as they are."""
        slots, drawn_for = self._draw(self.random_labels(number))
        return Samples(self.to_classifier(self.replay_buffer.read(slots)), drawn_for, slots)

    def stored(self, samples: Samples) -> Samples:
        """``samples`` as :meth:`replay` gives them back: rounded to the buffer's dtype."""
        return samples._replace(images=self.to_classifier(self.replay_buffer.read(samples.slots)))

    def init_weights(self) -> None:
        """Initialise at random, or load the prior that ``init_cfg`` names.

        Raises:
            ConfigError: If the file is missing, damaged, not a prior, or of other data or another network; or if no
                file gives the decoder's weights.
        """
        if self._is_init or not self.init_cfg or self.init_cfg.get('type') != 'Pretrained':
            if self.decoder and not self.decoder.trained:
                raise ConfigError(
                    'generator.decoder has no weights; name a checkpoint of AutoencoderTraining in '
                    "generator.decoder.init_cfg=dict(type='Pretrained', checkpoint=...), a folder in "
                    'generator.decoder.network, or a prior in generator.init_cfg'
                )
            super().init_weights()
            return
        self._load_prior(self.init_cfg['checkpoint'])
        self._is_init = True

    def adopt_chain_spec(self, checkpoint: dict, where: str, starts_anew: bool) -> None:
        """Take over how the chains of a checkpoint run, if the sampler runs them so.

        Args:
            checkpoint (dict): As ``GenKDCheckpointHook`` writes it.
            where (str): Names it in the sentence.
            starts_anew (bool): Whether new chains will be started.

        Raises:
            ConfigError: As :meth:`ChainSpec.require`.
        """
        spec = ChainSpec.from_dict(checkpoint.get('chain_spec'))
        spec.require(where, ChainSpec.of(self.sampler), starts_anew)
        self.chain_spec = spec

    def fill(self, batch_size: int) -> None:
        """Replace all stored chains by new ones of ``num_steps`` steps, ``batch_size`` at a time."""
        buffer = self.replay_buffer.to(self.device)
        order = torch.arange(len(buffer))
        if self.sampler.guidance:  # criteria of a batch must see all classes
            order = order.view(-1, buffer.chains_per_class).T.flatten()
        for slots in order.split(batch_size):
            labels = (slots // buffer.chains_per_class).to(self.device) if self.conditional else None
            buffer.write(slots, self._run(self.draw_start(len(slots)), labels)[0])
        buffer.commit()

    def _load_prior(self, path: str) -> None:
        where = f'generator.init_cfg.checkpoint ({path})'
        checkpoint = read_checkpoint(path, 'generator.init_cfg.checkpoint')
        if 'data_spec' not in checkpoint or 'chains' not in checkpoint:
            raise ConfigError(
                f'{where} is no prior: it holds no data specification or no chains; train one with '
                "model.type='EBMPrior' and default_hooks.checkpoint.type='GenKDCheckpointHook'"
            )
        spec = DataSpec.from_dict(checkpoint['data_spec'])
        spec.require(
            where, num_classes=self.num_classes, image_shape=self.image_shape, mean=(HALF_RANGE,), std=(HALF_RANGE,)
        )
        self.adopt_chain_spec(checkpoint, where, starts_anew=self.replay_buffer.restart_prob > 0)
        load_strictly(self, part_of(checkpoint['state_dict'], 'generator.'), where)
        self.replay_buffer.load_state_dict(checkpoint['chains'], where)
        self.replay_buffer.forget_seen()  # no student has seen what the prior's training drew
        self.prior = copy.copy(self.replay_buffer)
        self.prior.states = self.replay_buffer.states.clone()
