import pytest
import torch

from genkd_mm.evaluation import distances as module
from genkd_mm.evaluation import mean_pairwise_distance, nearest, precision_recall

GRID = torch.arange(10.0)[:, None]  # 0, 1, ..., 9 on a line


def test_precision_and_recall_on_a_line():
    """Radii of the grid, k = 3: 3 at the ends, 2 inside next to them and elsewhere; so it covers [-3, 12]."""
    made = torch.tensor([[-2.9], [-3.1], [11.9], [12.1], [4.5], [100.0]])
    precision, _ = precision_recall(GRID, made)
    assert precision == pytest.approx(3 / 6)
    # four samples 0.1 apart at 4.0 ... 4.3: their third neighbours are 0.3 or 0.2 away; of the grid they cover 4 alone
    _, recall = precision_recall(GRID, torch.tensor([[4.0], [4.1], [4.2], [4.3]]))
    assert recall == pytest.approx(1 / 10)


def test_the_same_set_has_precision_and_recall_one_and_a_far_one_has_none():
    points = torch.randn(50, 8)
    assert precision_recall(points, points) == (1, 1)
    assert precision_recall(points, points + 1000) == (0, 0)


def test_a_model_that_makes_one_half_of_the_data_has_precision_without_recall():
    real = torch.cat([torch.randn(200, 2), torch.randn(200, 2) + 50])
    precision, recall = precision_recall(real, torch.randn(200, 2))
    assert precision > 0.9 and 0.4 < recall < 0.5


def test_precision_and_recall_change_places_with_the_sets():
    one, other = torch.randn(40, 3), torch.randn(60, 3) * 2
    assert precision_recall(one, other) == precision_recall(other, one)[::-1]


def test_too_few_points():
    with pytest.raises(ValueError, match='3 points have no 3-th nearest neighbour; at least 4'):
        precision_recall(torch.zeros(3, 2), torch.randn(9, 2))


@pytest.mark.parametrize('rows', [3, 1024])
def test_chunks_change_nothing(monkeypatch, rows):
    monkeypatch.setattr(module, 'ROWS', rows)
    real, made = torch.randn(20, 4), torch.randn(17, 4)
    every = torch.cdist(made, real)
    assert torch.equal(nearest(made, real)[1], every.argmin(1))
    own = torch.cdist(real, real).fill_diagonal_(torch.inf)
    assert torch.allclose(nearest(real)[0], own.min(1).values, atol=1e-5)
    radii = own.sort(1).values[:, 2]
    assert precision_recall(real, made)[0] == pytest.approx((every <= radii).any(1).float().mean().item())


def test_a_copy_is_found_at_distance_zero():
    """Also far from the origin, where a product of matrices cannot tell it."""
    real = torch.randn(30, 192) + 1000
    distances, numbers = nearest(real[[7, 3]], real)
    assert distances.tolist() == [0, 0] and numbers.tolist() == [7, 3]


def test_mean_pairwise_distance_is_within_classes():
    points = torch.tensor([[0.0, 0], [3, 4], [100, 0], [100, 1], [50, 50]])
    # class 0: 5; class 1: 1; class 2 has one point
    assert mean_pairwise_distance(points, torch.tensor([0, 0, 1, 1, 2])) == pytest.approx(3)
    assert mean_pairwise_distance(points, torch.arange(5)) is None


def test_collapsed_classes_have_no_diversity():
    assert mean_pairwise_distance(torch.randn(3, 8).repeat_interleave(5, 0), torch.arange(3).repeat_interleave(5)) == 0
