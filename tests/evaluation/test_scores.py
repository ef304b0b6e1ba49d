import math

import pytest
import torch

from genkd_mm.evaluation import confidence, frechet_distance, inception_score


def gaussian(number, mean, deviation):
    """Points whose sample mean and covariance are exactly ``mean`` and ``deviation``^2 on the diagonal."""
    points = torch.randn(number, len(mean), dtype=torch.double)
    points = points - points.mean(0)
    points = points @ torch.linalg.inv(torch.linalg.cholesky(points.T.cov())).T
    return points * torch.tensor(deviation) + torch.tensor(mean)


def test_frechet_distance_of_gaussians():
    """(m1 - m2)^2 + (s1 - s2)^2 in each dimension."""
    one, other = gaussian(50, [0.0, 1], [1.0, 2]), gaussian(80, [3.0, 1], [1.0, 5])
    assert frechet_distance(one, other) == pytest.approx(3**2 + 3**2, rel=1e-9)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_with_fewer_images_than_features():
    features = torch.randn(10, 40)
    assert frechet_distance(features, features + 1) == pytest.approx(40, rel=1e-4)


def test_inception_score_is_the_number_of_classes_if_sure_and_balanced():
    logits = 100 * torch.eye(5).repeat(200, 1)
    mean, deviation = inception_score(logits)  # over random tenths, which are balanced but for chance
    assert 4.8 < mean <= 5 and deviation < 0.1
    assert inception_score(logits) == (mean, deviation)


@pytest.mark.parametrize('logits', [torch.zeros(100, 5), 100 * torch.eye(5)[[2] * 100]], ids=['unsure', 'one_class'])
def test_inception_score_is_one_if_unsure_or_all_of_one_class(logits):
    assert inception_score(logits)[0] == pytest.approx(1)


def test_confidence():
    logits = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]).log()
    probability, agreement = confidence(logits, torch.tensor([0, 1, 1]))
    assert probability == pytest.approx((0.9 + 0.4 + 0.8) / 3) and agreement == pytest.approx(2 / 3)
    assert not math.isnan(inception_score(logits[:1])[0]) and inception_score(logits[:1])[1] is None
