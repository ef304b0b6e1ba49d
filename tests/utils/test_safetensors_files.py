"""Checkpoints as safetensors files, read wherever a checkpoint is."""

import pytest
import safetensors.torch
import torch
from mmengine.runner import load_checkpoint
from torch import nn

from genkd_mm.utils import DamagedCheckpointError, load_strictly, read_checkpoint
from genkd_mm.utils.safetensors_files import write_safetensors

CHAINS = dict(states=torch.rand(4, 1, 2, 2), seen=torch.tensor([True, False, True, False]), num_classes=2)
SPECS = dict(
    chain_spec=dict(start='normal', step_sizes=[0.05], noise_stds=[0.0]),
    data_spec=dict(classes=['straße', 'b'], image_shape=[1, 2, 2], mean=[127.5], std=[127.5]),
)


def test_a_prior_comes_back_and_what_is_private_does_not(tmp_path):
    network = nn.Conv2d(3, 2, 3).to(memory_format=torch.channels_last)
    shared = dict(network.state_dict(), again=network.weight)  # neither contiguous nor alone in its memory
    path = tmp_path / 'prior.safetensors'
    write_safetensors(path, dict(state_dict=shared, chains=CHAINS, **SPECS, meta=dict(cfg='/home/me'), optimizer={}))
    found = read_checkpoint(str(path), 'The checkpoint')
    assert set(found) == {'state_dict', 'chains', 'chain_spec', 'data_spec'} and set(found['chains']) == set(CHAINS)
    assert found['chain_spec'] == SPECS['chain_spec'] and found['data_spec'] == SPECS['data_spec']
    assert all(torch.equal(found['state_dict'][name], value) for name, value in shared.items())
    assert torch.equal(found['chains']['states'], CHAINS['states']) and found['chains']['num_classes'] == 2
    assert torch.equal(found['chains']['seen'], CHAINS['seen'])
    assert b'/home/me' not in path.read_bytes()


def test_a_file_of_another_program_is_its_parameters(tmp_path):
    network = nn.Linear(3, 2)
    safetensors.torch.save_file(
        {f'module.{name}': value for name, value in network.state_dict().items()}, tmp_path / 'x.safetensors'
    )
    other = nn.Linear(3, 2)
    load_strictly(other, read_checkpoint(str(tmp_path / 'x.safetensors'), 'KEY')['state_dict'], 'here')
    assert torch.equal(other.weight, network.weight)


def test_mmengine_loads_it(tmp_path):
    network, other = nn.Linear(3, 2), nn.Linear(3, 2)
    write_safetensors(tmp_path / 'x.safetensors', dict(state_dict=network.state_dict()))
    load_checkpoint(other, str(tmp_path / 'x.safetensors'), strict=True)
    assert torch.equal(other.weight, network.weight)


@pytest.mark.parametrize('kept', [0, 5, 40])
def test_a_damaged_file_is_one_sentence(tmp_path, kept):
    path = tmp_path / 'x.safetensors'
    write_safetensors(path, dict(state_dict=nn.Linear(3, 2).state_dict()))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DamagedCheckpointError, match='KEY is .*x.safetensors.*damaged'):
        read_checkpoint(str(path), 'KEY')
