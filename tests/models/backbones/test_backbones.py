"""The networks of the study: shapes, and the parameters that an independent count gives."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmrazor.registry import MODELS
from torch import nn

from genkd_mm.models import CIFARResNet, SmallConvNet
from genkd_mm.models.energies import ClassifierEnergy, require_smooth

CONFIGS = Path(__file__).parents[3] / 'configs'


def network(name: str, role: str) -> nn.Module:
    """The teacher, the student or the energy's classifier of a config of GenKD, without values."""
    model = Config.fromfile(CONFIGS / f'genkd_{name}.py').model
    parts = dict(
        teacher=model.teachers.teacher.build_cfg,
        student=model.architecture,
        energy_net=model.generator.energy.classifier,
    )
    return MODELS.build(parts[role]).to('meta')


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def conv_bn(in_channels: int, out_channels: int, kernel: int = 3) -> int:
    return kernel**2 * in_channels * out_channels + 2 * out_channels


def residual_stages(stem: int, widths: list[int], blocks: int, classes: int) -> int:
    """He et al.: conv-bn, conv-bn, and a conv-bn of 1x1 where the shape changes."""
    total = conv_bn(3, stem) + widths[-1] * classes + classes
    for stage, width in enumerate(widths):
        inside = widths[stage - 1] if stage else stem
        total += conv_bn(inside, width) + (2 * blocks - 1) * conv_bn(width, width)
        total += conv_bn(inside, width, 1) if stage or inside != width else 0
    return total


def wide_stages(depth: int, widen: int, classes: int) -> int:
    """Zagoruyko and Komodakis: bn-conv, bn-conv, a bare 1x1 convolution where the shape changes, and a last bn."""
    blocks, stem = (depth - 4) // 6, 16
    total = 9 * 3 * stem + 2 * 64 * widen + 64 * widen * classes + classes
    for inside, width in zip([stem, 16 * widen, 32 * widen], [16 * widen, 32 * widen, 64 * widen]):
        total += 2 * inside + 9 * inside * width + (2 * blocks - 1) * (2 * width + 9 * width**2)
        total += inside * width if inside != width else 0
    return total


@pytest.mark.parametrize('role, depth, published', [('student', 8, 1_233_540), ('teacher', 32, 7_433_860)])
def test_x4_networks_have_the_published_size(role, depth, published):
    found = parameters(network('cifar100_resnet32x4_resnet8x4', role))
    assert found == residual_stages(32, [64, 128, 256], (depth - 2) // 6, 100) == published


@pytest.mark.parametrize(
    'role, depth, widen, published',
    [
        ('teacher', 40, 2, 2_255_156),
        ('student', 16, 2, 703_284),
        ('student', 40, 1, 569_780),
        ('student', 16, 1, 180_916),
    ],
)
def test_wide_networks_have_the_published_size(role, depth, widen, published):
    pair = f'wrn40x2_wrn{depth}x{widen}' if role == 'student' else 'wrn40x2_wrn16x2'
    found = parameters(network(f'cifar100_{pair}', role))
    assert found == wide_stages(depth, widen, 100) == published


@pytest.mark.parametrize('role, depth, blocks', [('teacher', 34, [3, 4, 6, 3]), ('student', 18, [2, 2, 2, 2])])
def test_resnets_have_the_published_size(role, depth, blocks):
    widths, expected = [64, 128, 256, 512], conv_bn(3, 64) + 512 * 10 + 10
    for inside, width, number in zip([64, *widths], widths, blocks):
        expected += conv_bn(inside, width) + (2 * number - 1) * conv_bn(width, width)
        expected += conv_bn(inside, width, 1) if inside != width else 0
    assert parameters(network('cifar10', role)) == expected == {18: 11_173_962, 34: 21_282_122}[depth]


def test_vgg_11_has_eight_convolutions_and_one_linear_layer():
    channels = [3, 64, 128, 256, 256, 512, 512, 512, 512]
    expected = sum(conv_bn(i, o) + o for i, o in zip(channels, channels[1:])) + 512 * 10 + 10  # with biases
    assert parameters(network('cifar10_vgg11_resnet18', 'teacher')) == expected == 9_231_114


PAIRS = ['cifar100', 'cifar100_resnet32x4_resnet8x4', 'cifar100_wrn40x2_wrn16x2', 'cifar100_vgg11_resnet18']


@pytest.mark.parametrize('name', PAIRS)
@pytest.mark.parametrize('role', ['teacher', 'student', 'energy_net'])
def test_networks_have_a_hundred_outputs_for_32x32_images(name, role):
    assert network(name, role)(torch.zeros(2, 3, 32, 32, device='meta'), mode='tensor').shape == (2, 100)


@pytest.mark.parametrize('role', ['teacher', 'student', 'energy_net'])
def test_networks_of_fashion_mnist(role):
    images = torch.zeros(2, 1, 28, 28, device='meta')
    assert network('fashion_mnist', role)(images, mode='tensor').shape == (2, 10)


@pytest.mark.parametrize('depth', [2, 10, 18, 34])
def test_depth_that_has_no_equal_stages_is_refused(depth):
    with pytest.raises(ValueError, match=f'CIFARResNet.depth is {depth}; expected 6 n'):
        CIFARResNet(depth)


def test_cifar_resnet_gives_the_stages_that_are_asked_for():
    maps = CIFARResNet(8, in_channels=1, out_indices=(0, 1, 2))(torch.zeros(2, 1, 32, 32))
    assert [tuple(m.shape[1:]) for m in maps] == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]


def test_resnet_20_has_the_size_that_he_et_al_count():
    """269,722 with a classifier of 650, and shortcuts without parameters, where ours (their option B) have 2,752."""
    assert parameters(CIFARResNet(20)) == residual_stages(16, [16, 32, 64], 3, 0) == 269_722 - 650 + 2_752


def test_small_conv_net_is_smooth_and_norm_free_on_request():
    energy = ClassifierEnergy(Config.fromfile(CONFIGS / '_base_/models/fashion_mnist.py').energy_net)
    require_smooth(energy)
    images = torch.rand(3, 1, 28, 28)
    torch.testing.assert_close(energy(images)[1:2], energy(images[1:2]))
    kinds = [type(module) for module in SmallConvNet(4).modules()]
    assert kinds.count(nn.BatchNorm2d) == kinds.count(nn.ReLU) == kinds.count(nn.Conv2d) == 5


def test_small_conv_net_starts_with_signals_of_one_scale():
    net = SmallConvNet(32, norm=None, activation='SiLU')
    net.init_weights()
    (output,) = net(2 * torch.rand(8, 1, 28, 28) - 1)
    assert output.shape == (8, 32, 7, 7) and net.out_channels == 32
    assert 0.05 < output.std() < 10
