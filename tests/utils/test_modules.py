import pytest
import torch
from torch import nn

from genkd_mm.utils import channels_last, evaluating, frozen


@pytest.fixture
def network() -> nn.Module:
    """In training mode, with one frozen batch norm and one frozen parameter, as mmpretrain's backbones make them."""
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2))
    network[1].eval()
    network[0].bias.requires_grad_(False)
    return network


def flags(network: nn.Module) -> list[bool]:
    return [parameter.requires_grad for parameter in network.parameters()]


def modes(network: nn.Module) -> list[bool]:
    return [module.training for module in network.modules()]


def test_frozen_lets_gradients_reach_the_input_alone(network):
    images = torch.randn(3, 1, 4, 4, requires_grad=True)
    with frozen(network) as same:
        assert same is network
        network(images).square().sum().backward()
    assert images.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize('fails', [False, True])
def test_frozen_gives_every_flag_back(network, fails):
    before = flags(network)
    assert len(set(before)) == 2
    try:
        with frozen(network):
            assert not any(flags(network))
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert flags(network) == before


def test_frozen_can_be_nested(network):
    before = flags(network)
    with frozen(network):
        with frozen(network[2]):
            pass
        assert not any(flags(network))
    assert flags(network) == before


@pytest.mark.parametrize('fails', [False, True])
def test_evaluating_gives_every_mode_back(network, fails):
    before = modes(network)
    assert len(set(before)) == 2
    try:
        with evaluating(network) as same:
            assert same is network and not any(modes(network))
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert modes(network) == before


def test_evaluating_leaves_running_statistics_alone(network):
    before = {name: value.clone() for name, value in network.named_buffers()}
    with evaluating(network):
        network(torch.randn(3, 1, 4, 4))
    for name, value in network.named_buffers():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize('order', [1, 2])
def test_weights_in_channels_last_keep_their_values_and_have_the_strides_of_their_gradients(order):
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Softplus(), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 1))
    before = [parameter.detach().clone() for parameter in network.parameters()]
    assert channels_last(network) is network
    assert all(torch.equal(one, other) for one, other in zip(before, network.parameters()))
    assert network[2].weight.is_contiguous(memory_format=torch.channels_last)
    images = torch.randn(2, 1, 8, 8, requires_grad=True)
    loss = network(images).square().sum()
    if order == 2:
        loss = torch.autograd.grad(loss, images, create_graph=True)[0].square().sum()
    loss.backward()
    for module in (network[0], network[2], network[3]):
        assert module.weight.grad.stride() == module.weight.stride(), module


def test_grey_images_pass_every_layer_in_channels_last():
    network = channels_last(nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3)))
    seen = torch.randn(2, 1, 8, 8)
    for layer in network:
        seen = layer(seen)
        assert seen.is_contiguous(memory_format=torch.channels_last) and not seen.is_contiguous(), layer
