"""What a prior's checkpoint tells of its chains."""

from dataclasses import asdict, dataclass

from ..utils.errors import ConfigError


@dataclass(frozen=True)
class ChainSpec:
    """How new chains of a prior run from their start to an image.

    Attributes:
        start (str): ``uniform`` or ``normal``, see ``LangevinSampler``.
        step_sizes (tuple[float]): eta of each step of a visit.
        noise_stds (tuple[float]): sigma of each step of a visit.
        clamp (bool): Whether chains stay in [-1, 1]: they are images then, and otherwise latents of a decoder.
    """

    start: str
    step_sizes: tuple[float, ...]
    noise_stds: tuple[float, ...]
    clamp: bool = True

    @classmethod
    def of(cls, sampler) -> 'ChainSpec':
        """The specification of a ``LangevinSampler``."""
        return cls(sampler.start, tuple(sampler.step_sizes), tuple(sampler.noise_stds), sampler.clamp)

    @classmethod
    def from_dict(cls, data: dict | None) -> 'ChainSpec':
        """The inverse of :meth:`to_dict`; checkpoints of version 0.1.0 have none, and start from U(-1, 1)."""
        data = data or dict(start='uniform', step_sizes=[], noise_stds=[])
        try:
            return cls(data['start'], tuple(data['step_sizes']), tuple(data['noise_stds']), data.get('clamp', True))
        except (KeyError, TypeError) as error:
            raise ConfigError(
                f'The chain specification of a checkpoint is {str(data)[:100]}; expected start, step_sizes and '
                'noise_stds; use a whole file, as genkd_mm writes it'
            ) from error

    def to_dict(self) -> dict:
        """Plain lists, which ``torch.load(weights_only=True)`` reads."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def require(self, where: str, config: 'ChainSpec', starts_anew: bool) -> None:
        """Compare this specification of a checkpoint with the config's.

        A chain from U(-1, 1) climbs on from visit to visit. A flow from N(0, I) has to end on an image within one
        visit, so that a config that starts chains anew needs steps that add up to as much as in training.

        Args:
            where (str): Names the checkpoint in the sentence.
            config (ChainSpec): Of the config's sampler.
            starts_anew (bool): Whether the run starts new chains.

        Raises:
            ConfigError: If the space or the start differs, or a new flow would not end where it should.
        """
        if config.clamp != self.clamp:
            found, expected = (
                'of images but the config has a generator.decoder',
                "leave the decoder out, or use a prior on the decoder's latents",
            )
            if config.clamp:
                found, expected = (
                    'on latents but the config has no generator.decoder',
                    "add the decoder of the prior's config, whose weights the file holds",
                )
            raise ConfigError(f'{where} is a prior {found}; {expected}')
        if config.start != self.start:
            raise ConfigError(
                f'{where} is a prior whose chains have sampler.start={self.start!r} but the config has '
                f"{config.start!r}; use a prior of the config's kind, or the sampler of the prior's config"
            )
        whole, given = sum(self.step_sizes), sum(config.step_sizes)
        if starts_anew and self.start == 'normal' and given < 0.99 * whole:
            raise ConfigError(
                f'{where} is a prior whose flow takes steps of {whole:g} in all but the steps of '
                f'sampler.step_size add up to {given:g}, so that a new chain would not end on an image; '
                "set sampler.step_size to the prior's sum over sampler.num_steps, or replay_buffer.restart_prob=0"
            )
