import pytest
import torch
import torch.nn.functional as F
from mmrazor.registry import MODELS
from torch import nn

from genkd_mm.models import ClassifierEnergy, SmoothWideResNet


@pytest.mark.parametrize('depth, widen_factor, in_channels, size', [(10, 1, 1, 8), (10, 2, 3, 32), (16, 1, 3, 28)])
def test_output_is_a_quarter_of_the_image(depth, widen_factor, in_channels, size):
    network = MODELS.build(
        dict(type='SmoothWideResNet', depth=depth, widen_factor=widen_factor, in_channels=in_channels)
    )
    (output,) = network(torch.randn(2, in_channels, size, size))
    assert output.shape == (2, 64 * widen_factor, size // 4, size // 4)
    assert network.out_channels == 64 * widen_factor


@pytest.mark.parametrize('depth', [4, 9, 12, 18, 27])
def test_depth_that_has_no_equal_stages_is_refused(depth):
    with pytest.raises(ValueError, match=f'SmoothWideResNet.depth is {depth}; expected 6 n'):
        SmoothWideResNet(depth=depth)


def test_wrn_28_10_has_the_convolutions_of_the_paper():
    """Zagoruyko and Komodakis count 36.5 million with batch norms (17,952) and classifier (6,410): 36,479,194."""
    with torch.device('meta'):
        network = SmoothWideResNet(depth=28, widen_factor=10)
    weights = [module.weight for module in network.modules() if isinstance(module, nn.Conv2d)]
    stages = [(16, 160), (160, 320), (320, 640)]
    expected = 9 * 3 * 16 + sum(9 * i * o + 7 * 9 * o * o + i * o for i, o in stages)
    assert sum(weight.numel() for weight in weights) == expected == 36_479_194 - 17_952 - 6_410
    assert sum(weight.shape[-1] == 3 for weight in weights) == 25  # 28 - stem's, shortcuts' and classifier's places


def test_strides_of_the_stages():
    network = SmoothWideResNet(depth=16, widen_factor=1)
    assert [block.conv1.stride[0] for block in network.blocks] == [1, 1, 2, 1, 2, 1]


@pytest.fixture
def deep() -> SmoothWideResNet:
    network = SmoothWideResNet(depth=28, widen_factor=2)
    network.init_weights()
    return network


def test_fresh_deep_network_neither_explodes_nor_vanishes(deep):
    images = (2 * torch.rand(8, 3, 32, 32) - 1).requires_grad_(True)
    (output,) = deep(images)
    features = output.mean((2, 3))
    assert torch.isfinite(output).all()
    assert 0.05 < output.std() < 20
    assert features.std(0).mean() > 1e-3 * features.abs().mean()  # images are told apart
    (gradient,) = torch.autograd.grad(features.mean(1).sum(), images)
    assert torch.isfinite(gradient).all() and 1e-6 < gradient.abs().mean() < 1


def test_scale_of_the_initialisation(deep):
    """He's for the first convolution of a block, 1 / sqrt(12 blocks) of it for the second."""
    block = deep.blocks[-1]
    he = (2 / (9 * deep.out_channels)) ** 0.5
    assert block.conv1.weight.std().item() == pytest.approx(he, rel=0.02)
    assert block.conv2.weight.std().item() == pytest.approx(he / 12**0.5, rel=0.02)


def test_initialising_twice_changes_nothing(deep):
    before = {name: value.clone() for name, value in deep.state_dict().items()}
    deep.init_weights()
    for name, value in deep.state_dict().items():
        assert torch.equal(value, before[name])


def test_pretrained_weights_are_kept_as_they_are(deep, tmp_path):
    torch.save(deep.state_dict(), tmp_path / 'backbone.pth')
    network = SmoothWideResNet(
        depth=28, widen_factor=2, init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'backbone.pth'))
    )
    network.init_weights()
    for name, value in network.state_dict().items():
        assert torch.equal(value, deep.state_dict()[name]), name


def test_value_does_not_depend_on_the_rest_of_the_batch(deep):
    images = torch.rand(3, 3, 16, 16)
    torch.testing.assert_close(deep(images)[0][1:2], deep(images[1:2])[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('activation', ['SiLU', 'GELU'])
def test_difference_quotient_has_the_mixed_second_derivative(activation):
    """d/d theta of e^T grad_x f(x), once by double backward and once from f(x + h e) - f(x - h e).

    It is what the policy gradient is made of. With an activation of the ReLU family the two have nothing in common.
    """
    energy = ClassifierEnergy(
        dict(
            _scope_='mmpretrain',
            type='ImageClassifier',
            backbone=dict(
                type='mmrazor.SmoothWideResNet',
                depth=10,
                widen_factor=1,
                base_channels=8,
                in_channels=1,
                activation=activation,
            ),
            neck=dict(type='GlobalAveragePooling'),
            head=dict(type='LinearClsHead', num_classes=10, in_channels=32),
        )
    )
    energy.init_weights()
    energy.double()
    images = (2 * torch.rand(4, 1, 8, 8, dtype=torch.float64) - 1).requires_grad_(True)
    noise, step = torch.randn_like(images), 1e-3
    parameters = [parameter for name, parameter in energy.named_parameters() if 'fc.bias' not in name]

    (slope,) = torch.autograd.grad(energy(images).sum(), images, create_graph=True)
    exact = torch.autograd.grad((slope * noise).sum(), parameters, allow_unused=True)
    difference = energy(images.detach() + step * noise) - energy(images.detach() - step * noise)
    quotient = torch.autograd.grad(difference.sum() / (2 * step), parameters)

    exact, quotient = (torch.cat([part.flatten() for part in parts]) for parts in (exact, quotient))
    assert F.cosine_similarity(exact, quotient, dim=0) > 0.999
    assert (exact.norm() / quotient.norm()).item() == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize('stem_stride, side', [(1, 14), (2, 7), (4, 4)])
def test_stages_and_the_stems_stride_are_free(stem_stride, side):
    net = SmoothWideResNet(
        depth=10, widen_factor=1, in_channels=1, base_channels=4, strides=(1, 2), stem_stride=stem_stride
    )
    assert net.out_channels == 8 and net.num_blocks == 2
    assert net(torch.zeros(2, 1, 28, 28))[0].shape == (2, 8, side, side)
