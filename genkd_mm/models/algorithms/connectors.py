"""What GenKD asks of a distiller's trainable parts."""

from mmengine.dist import get_world_size
from mmengine.optim import OptimWrapper
from mmrazor.models.architectures.connectors.base_connector import BaseConnector
from mmrazor.models.distillers import BaseDistiller
from mmrazor.models.losses import CRDLoss
from torch import nn

from ...samplers import ReplayBuffer
from ...utils import ConfigError, load_strictly, part_of, read_checkpoint


def initialise_connectors(distiller: BaseDistiller) -> None:
    """Follow each connector's ``init_cfg``, which mmengine does not see behind mmrazor's ``ModuleDict``.

    ``dict(type='Pretrained', checkpoint=FILE)`` loads the connector of the same name from a checkpoint of ``GenKD``, or
    the part of any checkpoint that ``prefix`` names; every parameter of it, or nothing.
    """
    for name, connector in distiller.connectors.named_modules():
        if not isinstance(connector, BaseConnector):
            continue
        init_cfg = connector.init_cfg
        if isinstance(init_cfg, dict) and init_cfg.get('type') == 'Pretrained':
            prefix = init_cfg.get('prefix', f'distiller.connectors.{name}')
            _load(
                connector,
                init_cfg['checkpoint'],
                f'{prefix.rstrip(".")}.',
                f'model.distiller.connectors.{name}.init_cfg.checkpoint',
            )
        else:
            connector.init_weights()


def _load(connector: nn.Module, path: str, prefix: str, key: str) -> None:
    own = part_of(read_checkpoint(path, key)['state_dict'], prefix)
    if not own:
        raise ConfigError(
            f'{key} is {path!r}, which holds nothing under {prefix!r}; name the checkpoint of a run with '
            'that connector, or its prefix in init_cfg.prefix'
        )
    load_strictly(connector, own, f'{key} ({path})')


def require_in_optimizer(distiller: BaseDistiller, optim_wrapper: OptimWrapper) -> None:
    """The student's optimizer must hold the connectors' parameters: mmrazor's constructor gives it the student's."""
    trainable = {parameter for parameter in distiller.parameters() if parameter.requires_grad}
    held = {parameter for group in optim_wrapper.param_groups for parameter in group['params']} if trainable else set()
    if not trainable <= held:
        raise ConfigError(
            f'model.distiller has {len(trainable)} parameters to train in connectors or losses but '
            'optim_wrapper.architecture does not hold them; set '
            "optim_wrapper.constructor='GenKDOptimWrapperConstructor'"
        )


def require_room_for_chains(distiller: BaseDistiller, buffer: ReplayBuffer) -> None:
    """A ``CRDLoss`` remembers ``sample_n`` samples, and chains are the samples."""
    chains = len(buffer) * get_world_size()
    for name, loss in distiller.distill_losses.items():
        if isinstance(loss, CRDLoss) and loss.contrast.n_sample < chains:
            raise ConfigError(
                f'model.distiller.distill_losses.{name}.sample_n is {loss.contrast.n_sample} but the '
                f'replay buffer keeps {chains} chains; set it to replay_buffer.capacity'
            )
