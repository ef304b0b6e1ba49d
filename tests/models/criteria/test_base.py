"""What holds for every criterion, and sums of criteria."""

import pytest
import torch
from mmrazor.registry import MODELS
from torch import nn

from genkd_mm.models import Criterion, TeacherCrossEntropy, TotalVariation
from genkd_mm.models.criteria import build_criteria, weighted_cost
from genkd_mm.utils import ConfigError


def distiller(loss: dict, source: str, inputs: tuple[str, str], **where) -> dict:
    """A loss that compares what student and teacher have at ``source``."""
    return dict(
        type='ConfigurableDistiller',
        student_recorders=dict(seen=dict(type='ModuleOutputs', source=source)),
        teacher_recorders=dict(seen=dict(type='ModuleOutputs', source=f'teacher.{source}')),
        distill_losses=dict(loss=loss),
        loss_forward_mappings=dict(
            loss={
                inputs[0]: dict(from_student=True, recorder='seen', **where),
                inputs[1]: dict(from_student=False, recorder='seen', **where),
            }
        ),
    )


def kl_criterion() -> dict:
    """On the logits, with the gradients of both networks."""
    config = distiller(
        dict(type='KLDivergence', tau=1, reduction='batchmean', teacher_detach=False), 'head.fc', ('preds_S', 'preds_T')
    )
    return dict(type='DistillerCriterion', distiller=config)


def attention_criterion() -> dict:
    """On the first of the backbone's feature maps, which come as a tuple."""
    config = distiller(dict(type='ATLoss', loss_weight=1.0), 'backbone', ('s_feature', 't_feature'), data_idx=0)
    return dict(type='DistillerCriterion', distiller=config)


JUDGING = [
    dict(type='TeacherCrossEntropy'),
    dict(type='Disagreement', tau=2.0),
    dict(type='BatchNormStatistics'),
    kl_criterion(),
    attention_criterion(),
]
EVERY = [*JUDGING, dict(type='TotalVariation'), dict(type='ImageNorm')]
NAMES = [
    'TeacherCrossEntropy',
    'Disagreement',
    'BatchNormStatistics',
    'KLDivergence',
    'ATLoss',
    'TotalVariation',
    'ImageNorm',
]
CLOSE = dict(rtol=1e-4, atol=1e-5)  # convolutions sum in another order when the batch changes


@pytest.fixture(params=EVERY, ids=NAMES)
def criterion(request, networks) -> Criterion:
    criterion = MODELS.build(request.param)
    criterion.bind(networks)
    return criterion


def test_one_value_per_image_and_none_negative(criterion, images, labels):
    cost = criterion(images, labels)
    assert cost.shape == (5,)
    assert torch.isfinite(cost).all() and (cost >= -1e-6).all()
    assert cost.std() > 1e-4 * cost.mean()  # images differ, so do their costs


def test_permuting_the_batch_permutes_the_values(criterion, images, labels):
    order = torch.tensor([4, 2, 0, 1, 3])
    torch.testing.assert_close(criterion(images[order], labels[order]), criterion(images, labels)[order], **CLOSE)


def test_value_does_not_depend_on_the_rest_of_the_batch(criterion, images, labels):
    alone = torch.cat([criterion(images[i : i + 1], labels[i : i + 1]) for i in range(5)])
    torch.testing.assert_close(alone, criterion(images, labels), **CLOSE)


def test_gradient_reaches_the_own_image_alone(criterion, images, labels):
    images.requires_grad_(True)
    (gradient,) = torch.autograd.grad(criterion(images, labels)[1], images)
    assert torch.isfinite(gradient).all() and gradient[1].abs().max() > 0
    assert not gradient[[0, 2, 3, 4]].any()


def test_gradient_is_the_derivative(criterion, images, labels):
    """Along a direction, against a difference quotient, in float64 so that the quotient is exact enough."""
    for network in (*criterion.networks.teachers.values(), criterion.networks.student):
        network.double()
    images = images.double().requires_grad_(True)
    direction, step = torch.randn_like(images), 1e-3
    (gradient,) = torch.autograd.grad(criterion(images, labels).sum(), images)
    with torch.no_grad():
        quotient = (criterion(images + step * direction, labels) - criterion(images - step * direction, labels)).sum()
    torch.testing.assert_close((gradient * direction).sum().item(), quotient.item() / (2 * step), rtol=0.03, atol=1e-3)


def test_networks_get_no_gradient_and_come_back_as_they_were(criterion, images, labels, teacher, student):
    """Also a teacher left in training mode networks in eval mode, and a frozen batch norm stays frozen."""
    teacher.train()
    student.backbone.layer1[0].norm1.eval()
    student.head.fc.bias.requires_grad_(False)
    networks = nn.ModuleList([teacher, student])
    modes = [module.training for module in networks.modules()]
    flags = [parameter.requires_grad for parameter in networks.parameters()]
    state = {name: value.clone() for name, value in networks.state_dict().items()}

    cost = criterion(images.requires_grad_(True), labels)
    cost.sum().backward()

    assert all(parameter.grad is None for parameter in networks.parameters())
    assert [module.training for module in networks.modules()] == modes
    assert [parameter.requires_grad for parameter in networks.parameters()] == flags
    for name, value in networks.state_dict().items():
        assert torch.equal(value, state[name])
    criterion.networks.forget()
    networks.eval()
    torch.testing.assert_close(criterion(images, labels), cost)


def test_judged_networks_are_not_part_of_the_criterion(criterion):
    """Else they would be trained, moved and saved with it."""
    assert not list(criterion.parameters())
    assert not criterion.state_dict()


def test_no_graph_is_kept_without_gradients(criterion, images, labels):
    images.requires_grad_(True)
    with torch.no_grad():
        assert not criterion(images, labels).requires_grad
    assert criterion(images, labels).requires_grad


@pytest.mark.parametrize('config', JUDGING, ids=NAMES[: len(JUDGING)])
def test_unbound_criterion_says_who_binds_it(config, images, labels):
    criterion = MODELS.build(config)
    assert criterion.needs_networks
    with pytest.raises(ConfigError, match=f'{type(criterion).__name__} needs a teacher and a student.*GenKD'):
        criterion(images, labels)


@pytest.mark.parametrize('config', EVERY[len(JUDGING) :], ids=NAMES[len(JUDGING) :])
def test_criterion_of_pixels_needs_no_judges(config, images, labels):
    criterion = MODELS.build(config)
    assert not criterion.needs_networks
    assert criterion(images, labels).shape == (5,)


# ---------------------------------------------------------------- build_criteria


def test_builds_from_config_in_order():
    built = TotalVariation(weight=3.0)
    criteria = build_criteria(
        [dict(type='TeacherCrossEntropy', weight=0.5), built, dict(type='mmrazor.ImageNorm')], 'reward'
    )
    names = [type(criterion).__name__ for criterion in criteria]
    assert names == ['TeacherCrossEntropy', 'TotalVariation', 'ImageNorm']
    assert [criterion.weight for criterion in criteria] == [0.5, 3.0, 1.0]
    assert criteria[1] is built


def test_builds_from_a_class():
    """As mmengine's pure-Python configs give it."""
    (criterion,) = build_criteria([dict(type=TeacherCrossEntropy, weight=0.5)], 'reward')
    assert isinstance(criterion, TeacherCrossEntropy) and criterion.weight == 0.5


@pytest.mark.parametrize(
    'config',
    [dict(type='TeacherCrossEntropie'), dict(type='mmpretrain.CrossEntropyLoss'), dict(weight=1.0)],
    ids=['unknown', 'no criterion', 'no type'],
)
def test_what_is_no_criterion_is_told_the_known_ones(config):
    with pytest.raises(ConfigError) as error:
        build_criteria([dict(type='ImageNorm'), config], 'default_hooks.policy_gradient.reward')
    text = str(error.value)
    assert (
        text.startswith(f'default_hooks.policy_gradient.reward[1].type is {config.get("type")!r}') and '\n' not in text
    )
    for name in (
        'BatchNormStatistics',
        'Disagreement',
        'DistillerCriterion',
        'ImageNorm',
        'TeacherCrossEntropy',
        'TotalVariation',
    ):
        assert name in text


def test_unknown_argument_is_named():
    with pytest.raises(ConfigError, match=r'guidance\[0\] does not fit ImageNorm.*wieght'):
        build_criteria([dict(type='ImageNorm', wieght=1.0)], 'guidance')


# ---------------------------------------------------------------- weighted_cost


def test_weighted_cost_of_two_criteria_of_the_same_class(networks, images, labels):
    criteria = build_criteria(
        [
            dict(type='Disagreement', tau=1.0, weight=2.0),
            dict(type='Disagreement', tau=4.0, weight=-0.5),
            dict(type='ImageNorm', weight=0.1),
        ],
        'reward',
    )
    for criterion in criteria:
        criterion.bind(networks)
    total, means = weighted_cost(criteria, images.requires_grad_(True), labels)
    with torch.no_grad():
        first, second, third = (criterion(images, labels) for criterion in criteria)
    torch.testing.assert_close(total, 2 * first - 0.5 * second + 0.1 * third)
    assert not torch.allclose(first, second)
    assert sorted(means.values()) == sorted([first.mean(), second.mean(), third.mean()])
    assert means['Disagreement'] == first.mean() and means['ImageNorm'] == third.mean()
    assert not total.requires_grad and not any(mean.requires_grad for mean in means.values())


def test_weighted_cost_of_no_criterion_is_zero(images, labels):
    total, means = weighted_cost([], images, labels)
    assert torch.equal(total, torch.zeros(5)) and means == {}
