"""Logits from answers: what a distiller makes of them is what it would make of the teacher's own logits."""

import math

import pytest
import torch
from mmrazor.registry import MODELS

from genkd_mm.models.teachers.answers import logits_of
from genkd_mm.utils import ConfigError


@pytest.fixture
def logits():
    return torch.randn(6, 10) * 2


def converted(answers, kind, floor=1e-6):
    return logits_of(answers, kind, 10, floor, 'The teacher')


@pytest.mark.parametrize('tau', [0.5, 1, 4])
def test_log_probabilities_give_the_same_divergence_as_logits(logits, tau):
    loss, student = MODELS.build(dict(type='KLDivergence', tau=tau)), torch.randn(6, 10)
    assert torch.allclose(
        loss(student, converted(logits.softmax(1), 'probabilities', 1e-9)), loss(student, logits), rtol=1e-4
    )
    assert torch.equal(converted(logits, 'logits'), logits)


def test_losses_that_compare_logits_see_those_of_mean_zero(logits):
    centred = logits - logits.mean(1, keepdim=True)
    assert torch.allclose(converted(logits.softmax(1), 'probabilities', 1e-9), centred, atol=1e-4)


def test_a_zero_becomes_the_floor():
    found = converted(torch.eye(10), 'probabilities', floor=1e-4)
    expected = torch.where(torch.eye(10).bool(), 0.0, math.log(1e-4))
    assert torch.allclose(found - found.max(), expected)


def test_a_label_is_a_distribution_and_trains_the_cross_entropy(logits):
    labels = torch.tensor([3, 0, 9, 3, 5, 1])
    found = converted(labels, 'labels', floor=1e-3)
    probabilities = found.softmax(1)
    assert torch.equal(found.argmax(1), labels) and probabilities.min().item() == pytest.approx(1e-3)
    loss = MODELS.build(dict(type='CrossEntropyLoss'))(logits, found)
    assert torch.equal(loss, torch.nn.functional.cross_entropy(logits, labels))


@pytest.mark.parametrize(
    'answers, kind, reason',
    [
        (torch.rand(4, 7).softmax(1), 'probabilities', r'shape \(4, 7\); expected probabilities of 10 classes'),
        (torch.randn(4, 10), 'probabilities', 'expected probabilities, or logits'),
        (torch.full((4, 10), 0.2), 'probabilities', 'add up to 2 to 2'),
        (torch.full((4, 10), math.nan), 'probabilities', 'expected probabilities'),
        (torch.full((4, 10), math.inf), 'logits', 'not finite'),
        (torch.tensor([1, 10]), 'labels', 'labels up to 10 .*0 to 9'),
        (torch.tensor([0.5, 1.0]), 'labels', 'one whole number'),
        (torch.rand(4, 10).softmax(1), 'labels', 'one whole number'),
        (torch.tensor([1, 2]), 'logits', r'shape \(2,\)'),
    ],
)
def test_other_answers_are_refused_in_one_sentence(answers, kind, reason):
    with pytest.raises(ConfigError, match=f'The teacher answered with .*{reason}'):
        converted(answers, kind)
