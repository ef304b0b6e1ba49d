"""One forward pass of each network for all criteria of a state."""

import pytest
import torch
from mmengine.model import MMDistributedDataParallel

from genkd_mm.models import BatchNormStatistics, Disagreement, FrozenNetworks, TeacherCrossEntropy
from genkd_mm.models.criteria.frozen_networks import judge
from genkd_mm.utils import ConfigError


@pytest.fixture
def criteria(networks) -> list:
    criteria = [TeacherCrossEntropy(), Disagreement(), BatchNormStatistics()]
    for criterion in criteria:
        criterion.bind(networks)
    return criteria


def costs(criteria, images, labels) -> torch.Tensor:
    return torch.stack([criterion(images, labels) for criterion in criteria])


def test_criteria_share_one_pass(criteria, passes, images, labels):
    costs(criteria, images, labels)
    assert passes == dict(teacher=1, student=1)
    costs(criteria, images, labels)
    assert passes == dict(teacher=1, student=1)


def test_sum_of_criteria_has_the_sum_of_the_gradients(criteria, passes, images, labels):
    images.requires_grad_(True)
    (shared,) = torch.autograd.grad(costs(criteria, images, labels).sum(), images)
    assert passes == dict(teacher=1, student=1)
    alone = [
        torch.autograd.grad(criterion(copy, labels).sum(), copy)[0]
        for criterion in criteria
        for copy in [images.detach().clone().requires_grad_(True)]
    ]
    torch.testing.assert_close(shared, sum(alone))


def test_tensor_changed_in_place_is_passed_again(criteria, passes, images, labels):
    before = costs(criteria, images, labels)
    images.add_(1.0)
    after = costs(criteria, images, labels)
    assert passes == dict(teacher=2, student=2)
    assert not torch.allclose(before, after)
    torch.testing.assert_close(after, costs(criteria, images.clone(), labels))


def test_tensor_made_in_the_place_of_another_is_passed_again(criteria, passes, labels):
    """Memory is used again: identity must not be an address."""
    values = [costs(criteria, torch.full((5, 1, 8, 8), float(i)), labels) for i in range(4)]
    assert passes == dict(teacher=4, student=4)
    assert not torch.allclose(values[2], values[3])


def test_other_gradient_mode_is_passed_again(criteria, passes, images, labels):
    images.requires_grad_(True)
    with torch.no_grad():
        costs(criteria, images, labels)
    assert costs(criteria, images, labels).requires_grad
    assert passes == dict(teacher=2, student=2)


def test_forget_shows_an_updated_student(networks, student, images):
    before = networks.student_logits(images)
    with torch.no_grad():
        student.head.fc.bias.add_(1.0)
    networks.forget()
    torch.testing.assert_close(networks.student_logits(images), before + 1.0)


def test_teachers_are_judged_in_the_order_of_the_config(teacher, student, images):
    networks = FrozenNetworks(dict(first=teacher, second=student), student)
    first, second = networks.teacher_logits(images)
    torch.testing.assert_close(first, judge(teacher, images))
    torch.testing.assert_close(second, judge(student, images))


def test_batch_norm_inputs_are_those_of_the_same_pass(networks, passes, teacher, images):
    networks.keep_batch_norm_inputs = True
    logits = networks.teacher_logits(images)
    inputs = networks.batch_norm_inputs(images)
    assert passes['teacher'] == 1
    assert {id(layer) for _, layer in inputs} == {
        id(module) for module in teacher.modules() if isinstance(module, torch.nn.BatchNorm2d)
    }
    first, layer = inputs[0]
    torch.testing.assert_close(first, teacher.backbone.conv1(images))
    assert layer is teacher.backbone.norm1
    assert logits[0].shape == (5, 10)


def test_batch_norm_inputs_are_not_kept_unless_asked_for(networks, images):
    assert networks.batch_norm_inputs(images) == []


def test_no_hook_stays_behind(networks, teacher, images):
    networks.keep_batch_norm_inputs = True
    networks.batch_norm_inputs(images)
    assert not any(module._forward_pre_hooks for module in teacher.modules())


def test_wrapped_student_is_judged_as_the_bare_one(process_group, teacher, student, images):
    expected = FrozenNetworks(dict(teacher=teacher), student).student_logits(images)
    wrapped = MMDistributedDataParallel(student)
    networks = FrozenNetworks(dict(teacher=teacher), wrapped)
    assert networks.student is student
    torch.testing.assert_close(networks.student_logits(images), expected)


def test_a_student_that_is_not_there_cannot_be_asked(teacher, images):
    networks = FrozenNetworks(dict(teacher=teacher), None)
    torch.testing.assert_close(networks.teacher_logits(images)[0], judge(teacher, images))
    with pytest.raises(ConfigError, match='asks the student but the model has none'):
        networks.student_logits(images)
