"""The gradient of a teacher that only answers: right on average, at a known price, and refused where there is none."""

import sys
import types

import pytest
import torch
from mmrazor.registry import MODELS

from genkd_mm.models.teachers import zeroth_order_gradient
from genkd_mm.utils import ConfigError

MEAN, STD = [100.0], [50.0]  # pixels 0..255 are -2..3.1
WEIGHTS = torch.randn(16, 10, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def asked(monkeypatch):
    """A module ``owner`` with linear logits of normalised 4 x 4 images; the sizes of what it was asked."""
    sizes = []

    def logits(pixels):
        sizes.append(len(pixels))
        return (torch.from_numpy(pixels).flatten(1) - MEAN[0]) / STD[0] @ WEIGHTS

    def probabilities(pixels):
        return logits(pixels).softmax(1)

    def labels(pixels):
        return logits(pixels).argmax(1)

    owner = types.ModuleType('owner')
    owner.logits, owner.probabilities, owner.labels = logits, probabilities, labels
    monkeypatch.setitem(sys.modules, 'owner', owner)
    return sizes


def build(answers='logits', **options):
    asked = dict(
        type='CallableTeacher', function=f'owner:{answers}', answers=answers, num_classes=10, mean=MEAN, std=STD,
        floor=1e-12,
    )  # fmt: skip
    return MODELS.build({'type': 'ZerothOrderTeacher', 'teacher': asked, **options})


@pytest.fixture
def inner():
    """Three images with pixels inside the range, so a small step stays in it."""
    return torch.rand(3, 1, 4, 4)


def test_the_mean_of_the_estimate_is_the_gradient_of_a_linear_teacher():
    """And each number's variance is d / (d + 2) (|gradient|^2 + 2 gradient_i^2) - gradient_i^2."""
    images, given = torch.randn(1, 1, 4, 4), torch.randn(1, 10)

    def answer(x):
        return x.flatten(1).double() @ WEIGHTS.double()

    number, exact = 4000, (given @ WEIGHTS.T).view(4, 4).double()
    single = torch.stack(
        [zeroth_order_gradient(answer, images, answer(images), given, 1, 0.1)[0, 0] for _ in range(number)]
    )
    variance = 16 / 18 * (exact.square().sum() + 2 * exact.square()) - exact.square()
    assert ((single.mean(0) - exact).abs() < 4.5 * (variance / number).sqrt()).all()
    assert torch.allclose(single.var(0), variance, rtol=0.2)
    together = zeroth_order_gradient(answer, images, answer(images), given, number, 0.1)[0, 0]
    assert ((together - exact).abs() < 4.5 * (variance / number).sqrt()).all()


def test_a_loss_on_the_logits_reaches_the_images(asked, inner):
    """Its gradient has the direction of the true one, to what 2,000 directions tell."""
    teacher, images = build('probabilities', num_directions=2000), inner.requires_grad_(True)
    target = torch.tensor([1, 5, 8])
    torch.nn.functional.cross_entropy(teacher(images), target, reduction='sum').backward()
    exact = images.detach().clone().requires_grad_(True)
    torch.nn.functional.cross_entropy(exact.flatten(1) @ WEIGHTS, target, reduction='sum').backward()
    error = (images.grad - exact.grad).flatten(1).norm(dim=1) / exact.grad.flatten(1).norm(dim=1)
    assert error.max() < 3 * (16 / 2000) ** 0.5


def test_each_direction_costs_one_query_for_each_image(asked, inner):
    teacher, images = build(num_directions=2), inner.requires_grad_(True)
    with torch.no_grad():
        teacher(images)
    assert teacher.queries == 3
    logits = teacher(images)
    assert teacher.queries == 3  # known in this iteration
    logits.sum().backward()
    assert teacher.queries == sum(asked) == 3 + 2 * 3


def test_no_gradient_outside_of_the_pixels_range(asked):
    images = torch.full((2, 1, 4, 4), 5.0, requires_grad=True)
    build()(images).square().sum().backward()
    assert not images.grad.any()


def test_mixed_precision_does_not_reach_the_teacher(asked, inner):
    teacher, images = build(num_directions=500), inner.requires_grad_(True)
    with torch.autocast('cpu', torch.bfloat16):
        logits = teacher(images)
    assert torch.allclose(logits, images.flatten(1) @ WEIGHTS, atol=1e-4)
    logits.sum().backward()
    assert (images.grad.flatten(1) - WEIGHTS.sum(1)).norm(dim=1).max() < 0.6 * WEIGHTS.sum(1).norm()


def test_labels_are_refused_and_the_alternative_named(asked):
    with pytest.raises(ConfigError, match='owner:labels answers with labels, .* reward of PolicyGradientHook'):
        build('labels')


@pytest.mark.parametrize('options', [dict(num_directions=0), dict(step=0.0)])
def test_numbers_out_of_range_are_refused(asked, options):
    with pytest.raises(ConfigError, match='ZerothOrderTeacher.num_directions is .* and step is'):
        build(**options)


def test_a_network_needs_no_estimate(teacher_config):
    with pytest.raises(ConfigError, match='teacher is of type ImageClassifier, which has a gradient; use it without'):
        MODELS.build(dict(type='ZerothOrderTeacher', teacher=teacher_config))
