"""Every patch for mmengine, against the defect that it patches."""

import os
import pickle
import socket
import sys

import numpy as np
import pytest
import torch
from mmengine.device import get_device
from mmengine.dist import init_dist
from mmengine.logging import HistoryBuffer, MessageHub, MMLogger
from mmengine.model import MMDistributedDataParallel, MMSeparateDistributedDataParallel
from mmengine.runner.checkpoint import load_state_dict
from torch import nn

from genkd_mm import compat
from genkd_mm.models import SmallConvNet

cpu_only = pytest.mark.skipif(get_device() != 'cpu', reason='patches what fails without an accelerator')


def test_mmengine_checkpoint_round_trips(tmp_path):
    hub = MessageHub('test_mmengine_checkpoint_round_trips')
    for value in (0.5, 0.25, 3.0):
        hub.update_scalar('train/loss', value)
    infos = dict(
        a=np.float64(1.5),
        b=np.float32(0.1),
        c=np.int64(-7),
        d=np.bool_(True),
        e=np.arange(4),
        f=np.array([0.1, 0.2], dtype=np.float32),
    )
    hub.update_info_dict(infos)
    torch.save(dict(message_hub=hub.state_dict()), tmp_path / 'iter_3.pth')

    loaded = torch.load(tmp_path / 'iter_3.pth', weights_only=True)['message_hub']

    history = loaded['log_scalars']['train/loss']
    assert isinstance(history, HistoryBuffer)
    assert history.data[0].tolist() == [0.5, 0.25, 3.0] and history.data[1].tolist() == [1, 1, 1]
    assert (history.current(), history.max(), history.min(), history.mean()) == (3.0, 3.0, 0.25, 1.25)
    assert history.statistics('mean', 2) == 1.625  # by name: the methods that the pickle holds are the right ones
    for name, value in infos.items():
        assert type(loaded['runtime_info'][name]) is type(value)
        np.testing.assert_array_equal(loaded['runtime_info'][name], value)


def write_file(path) -> None:
    """What the hostile checkpoints would do."""
    path.write_text('hostile')


class Hostile:
    """Pickles as the call of ``function``."""

    def __init__(self, function, *args) -> None:
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize('legacy', [False, True], ids=['zip', 'legacy'])
@pytest.mark.parametrize(
    'make',
    [
        lambda path: Hostile(os.system, f'echo hostile > {path}'),
        lambda path: Hostile(np.ndarray.tofile, np.zeros(3), str(path)),  # a method, which pickles through getattr
        lambda path: Hostile(getattr, HistoryBuffer, '__init__'),
        lambda path: Hostile(getattr, HistoryBuffer, 'register_statistics'),
        lambda path: Hostile(getattr, torch.Tensor, 'mean'),
        lambda path: Hostile(eval, f'open({str(path)!r}, "w")'),
    ],
    ids=['system', 'method', 'dunder', 'other_method', 'other_class', 'eval'],
)
def test_hostile_checkpoint_is_refused_and_does_nothing(tmp_path, make, legacy):
    victim = tmp_path / 'victim'
    torch.save(
        dict(state_dict=dict(weight=make(victim))), tmp_path / 'hostile.pth', _use_new_zipfile_serialization=not legacy
    )
    with pytest.raises((pickle.UnpicklingError, ValueError)):
        torch.load(tmp_path / 'hostile.pth', weights_only=True)
    assert not victim.exists()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@pytest.fixture
def launched(monkeypatch):
    """An environment for one rank, given back afterwards; the group that the test starts ends with it."""
    for name, value in dict(
        RANK='7', WORLD_SIZE='9', LOCAL_RANK='7', MASTER_PORT=str(free_port()), MASTER_ADDR='127.0.0.1'
    ).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.multiprocessing, 'set_start_method', lambda method: None)  # init_dist sets it for good
    yield monkeypatch
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def assert_one_gloo_rank() -> None:
    assert torch.distributed.get_backend() == 'gloo'
    assert (torch.distributed.get_rank(), torch.distributed.get_world_size()) == (0, 1)
    total = torch.ones(1)
    torch.distributed.all_reduce(total)
    assert total.item() == 1


@cpu_only
def test_torchrun_environment_starts_gloo(launched):
    launched.setenv('RANK', '0')
    launched.setenv('WORLD_SIZE', '1')
    init_dist('pytorch', backend='nccl', timeout=60)
    assert_one_gloo_rank()


@cpu_only
def test_slurm_environment_starts_gloo(launched, tmp_path):
    """The ranks, the port and the first host of the job are handed to torch."""
    scontrol = tmp_path / 'scontrol'
    scontrol.write_text('#!/bin/sh\necho 127.0.0.1\necho node2\n')
    scontrol.chmod(0o755)
    launched.setenv('PATH', f'{tmp_path}{os.pathsep}{os.environ["PATH"]}')
    for name, value in dict(PROCID='0', NTASKS='1', LOCALID='0', NODELIST='node[1-2]').items():
        launched.setenv(f'SLURM_{name}', value)
    launched.delenv('MASTER_ADDR')
    port = free_port()
    init_dist('slurm', backend='nccl', port=port)
    assert_one_gloo_rank()
    assert os.environ['MASTER_PORT'] == str(port) and os.environ['MASTER_ADDR'] == '127.0.0.1'
    assert os.environ['LOCAL_RANK'] == '0'


class TwoPlayers(nn.Module):
    """Two networks that train, one that does not, and one without parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
        self.architecture = nn.Linear(4, 2)
        self.teacher = nn.Linear(4, 2).requires_grad_(False)
        self.preprocessor = nn.Flatten()
        self.scale = nn.Parameter(torch.randn(1))


@cpu_only
def test_wrapper_takes_device_ids_on_the_cpu(process_group):
    bare = nn.Linear(3, 2)
    wrapped = MMDistributedDataParallel(module=bare, device_ids=[0], output_device=0, broadcast_buffers=False)
    images = torch.randn(4, 3)
    wrapped(images).sum().backward()
    torch.testing.assert_close(bare.weight.grad, images.sum(0).expand(2, 3))


@cpu_only
def test_separate_wrapper_takes_device_ids_on_the_cpu(process_group):
    wrapped = MMSeparateDistributedDataParallel(TwoPlayers(), device_ids=[0])
    assert isinstance(wrapped.module.generator, MMDistributedDataParallel)
    assert not isinstance(wrapped.module.teacher, MMDistributedDataParallel)
    wrapped.module.architecture(wrapped.module.generator(torch.randn(5, 3))).sum().backward()
    assert wrapped.module.generator.module[0].weight.grad is not None


@cpu_only
def test_separately_wrapped_model_saves_the_names_of_the_bare_model(process_group):
    bare = TwoPlayers()
    expected = {name: value.clone() for name, value in bare.state_dict().items()}
    wrapped = MMSeparateDistributedDataParallel(bare, device_ids=[0])
    found = wrapped.module.state_dict()  # what mmengine's runner saves
    assert found.keys() == expected.keys()
    for name in expected:
        torch.testing.assert_close(found[name], expected[name])
    assert wrapped.state_dict().keys() == {f'module.{name}' for name in expected}


@cpu_only
@pytest.mark.parametrize('wrap', [False, True], ids=['into bare', 'into wrapped'])
def test_separately_wrapped_model_is_restored_by_mmengine(process_group, tmp_path, wrap):
    source = MMSeparateDistributedDataParallel(TwoPlayers(), device_ids=[0])
    torch.save(source.module.state_dict(), tmp_path / 'iter_1.pth')
    target = TwoPlayers()
    network = MMSeparateDistributedDataParallel(target, device_ids=[0]) if wrap else target
    load_state_dict(network, torch.load(tmp_path / 'iter_1.pth', weights_only=True), strict=True)
    for one, other in zip(source.module.parameters(), target.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_config_without_a_formatter_needs_no_patch(monkeypatch):
    monkeypatch.delattr(sys.modules['mmengine.config.config'], 'FormatCode', raising=False)
    compat.mmengine.format_each_config_once()
    assert not hasattr(sys.modules['mmengine.config.config'], 'FormatCode')


def test_a_network_is_initialised_after_the_log_file_of_a_run_was_closed(tmp_path):
    logger = MMLogger.get_instance(str(tmp_path), log_file=str(tmp_path / 'run.log'))
    for handler in logger.handlers:
        handler.close()
    SmallConvNet(4).init_weights()
