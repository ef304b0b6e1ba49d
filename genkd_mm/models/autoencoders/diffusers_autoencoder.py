"""The autoencoders of Hugging Face's diffusers."""

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmrazor.registry import MODELS
from torch import Tensor, nn

from ...utils import ConfigError, channels_last, load_strictly, one_line, part_of, read_checkpoint, require_packages

KINDS = ('AutoencoderTiny', 'AutoencoderKL')
SHARE = 0.1  # of the newest batch in the latents' statistics


@MODELS.register_module()
class DiffusersAutoencoder(BaseModule):
    """Images in [-1, 1] to latents of about zero mean and unit variance, and back.

    The latents are (z - mean) / std of the network's own z, with one mean and std for each channel. They are those of
    the training images where ``AutoencoderTraining`` trained the network, and otherwise the network's ``shift_factor``
    and 1 / ``scaling_factor``. An ``AutoencoderKL`` gives the mode of its distribution.

    Args:
        network (dict | str): ``type``, ``AutoencoderTiny`` or ``AutoencoderKL``, and the arguments of that class; or a
            folder with ``config.json`` and a ``.safetensors`` file, as Hugging Face publishes an autoencoder. Nothing
            is downloaded.
        image_shape (Sequence[int]): Channels, height and width of the images. Set by ``EBMGenerator``.
        size (int, optional): Height and width of the images that the network sees; others are resized to it, and back.
            Defaults to the images' own.
        init_cfg (dict, optional): ``dict(type='Pretrained', checkpoint=...)`` loads what ``AutoencoderTraining`` has
            trained: every parameter and the statistics, or nothing.

    Attributes:
        latent_shape (tuple[int, int, int]): Channels, height and width of the latents of one image.
        trained (bool): Whether the config names weights.

    Raises:
        ConfigError: If diffusers is not installed, the folder holds no whole autoencoder, or the network does not take
            images of that shape.
    """

    _is_init: bool  # mmengine's
    network: Any
    mean: Tensor
    std: Tensor

    def __init__(
        self,
        network: dict | str,
        image_shape: tuple[int, int, int],
        size: int | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        require_packages(['diffusers'], 'DiffusersAutoencoder')
        self.trained = isinstance(network, str) or bool(init_cfg)
        self.network = channels_last(read_folder(network) if isinstance(network, str) else build(network))
        self.image_size = image_shape[1], image_shape[2]
        self.size = (size, size) if size else self.image_size
        self.latent_shape = latent_shape(self.network.config, image_shape[0], self.size)
        shift, scale = (self.network.config.get(name) for name in ('shift_factor', 'scaling_factor'))
        channels = (self.latent_shape[0], 1, 1)
        self.register_buffer('mean', torch.full(channels, float(shift or 0)))
        self.register_buffer('std', torch.full(channels, 1 / float(scale or 1)))

    def encode(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] -> latents ``(N, *latent_shape)``."""
        found = self.network.encode(resized(images, self.size))
        latents = found.latents if hasattr(found, 'latents') else found.latent_dist.mode()
        return (latents - self.mean) / self.std

    def decode(self, latents: Tensor) -> Tensor:
        """Latents ``(N, *latent_shape)`` -> images (N, C, H, W), about in [-1, 1]; differentiable."""
        return resized(self.network.decode(latents * self.std + self.mean).sample, self.image_size)

    @torch.no_grad()
    def measure(self, latents: Tensor) -> None:
        """Add latents ``(N, *latent_shape)``, as :meth:`encode` gave them, to the moving averages of mean and std.

        The buffers are replaced, not changed: a backward pass may still need them.
        """
        mean, std = (found.view_as(self.mean) for found in (latents.mean((0, 2, 3)), latents.std((0, 2, 3))))
        self.mean = torch.lerp(self.mean, self.mean + self.std * mean, SHARE)
        self.std = torch.lerp(self.std, self.std * std, SHARE)

    def init_weights(self) -> None:
        """Take over the weights that ``init_cfg`` names.

        Raises:
            ConfigError: If the file is missing, damaged, or of another network.
        """
        if self.init_cfg and not self._is_init:
            key = 'DiffusersAutoencoder.init_cfg.checkpoint'
            path = self.init_cfg['checkpoint']
            load_strictly(self, part_of(read_checkpoint(path, key)['state_dict'], 'autoencoder.'), f'{key} ({path})')
        self._is_init = True


def resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Images (N, C, H, W) at another height and width, bilinear and without aliasing."""
    if images.shape[2:] == size:
        return images
    return F.interpolate(images, size, mode='bilinear', antialias=True)


def build(config: dict) -> nn.Module:
    """An autoencoder of diffusers with random weights."""
    import diffusers

    kind = known_kind('DiffusersAutoencoder.network.type', config.get('type'))
    try:
        return getattr(diffusers, kind)(**{name: value for name, value in config.items() if name != 'type'})
    except (TypeError, ValueError) as error:
        raise ConfigError(f'DiffusersAutoencoder.network does not fit {kind}: {error}') from error


def read_folder(folder: str) -> nn.Module:
    """An autoencoder with the weights of a folder, all of them, and nothing from elsewhere."""
    import diffusers

    key = f'DiffusersAutoencoder.network ({folder})'
    try:
        kind = json.loads(Path(folder, 'config.json').read_text(encoding='utf-8')).get('_class_name')
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(
            f'{key} is no folder with the config.json of an autoencoder ({error}); download one as Hugging Face '
            "publishes it, or give dict(type='AutoencoderTiny', ...)"
        ) from error
    cls = getattr(diffusers, known_kind(f'{key}: _class_name of config.json', kind))
    try:
        network, loaded = cls.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, low_cpu_mem_usage=False, output_loading_info=True
        )
    except Exception as error:  # damaged bytes end in any exception
        raise ConfigError(f'{key} cannot be loaded ({one_line(error)}); use a whole folder') from error
    missing = [*loaded['missing_keys'], *loaded['mismatched_keys']]
    if missing:
        raise ConfigError(f'{key} lacks {len(missing)} parameters (first: {missing[0]}); use a whole folder')
    return network


def known_kind(key: str, kind: str | None) -> str:
    """``kind``; raises ConfigError if it is no autoencoder that this module takes."""
    if kind not in KINDS:
        raise ConfigError(f'{key} is {kind!r}; expected {" or ".join(KINDS)}')
    return kind


def latent_shape(config: dict, channels: int, size: tuple[int, int]) -> tuple[int, int, int]:
    """(C, H, W) of the latents of images of ``channels`` and ``size``; raises ConfigError if they do not fit."""
    if config['in_channels'] != channels:
        raise ConfigError(
            f'DiffusersAutoencoder.network has in_channels={config["in_channels"]} but the images have {channels}; use '
            'an autoencoder of such images'
        )
    factor = 2 ** (len(config['block_out_channels']) - 1)
    height, width = size
    if height % factor or width % factor:
        raise ConfigError(
            f'DiffusersAutoencoder halves images {factor.bit_length() - 1} times but they are {height} x {width}; set '
            f'its size to a multiple of {factor}'
        )
    return config['latent_channels'], height // factor, width // factor
