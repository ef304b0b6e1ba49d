import numpy as np
import pytest
import torch
from scipy.stats import betabinom, mannwhitneyu

from genkd_mm.evaluation.memorisation import auc_interval, closeness, member_share, membership, share_in_tail


def test_copies_of_training_images_are_caught():
    train, held_out = torch.randn(400, 16), torch.randn(200, 16)
    figures, found = closeness(train[:100].clone(), train, held_out)
    assert figures['tail']['share'] == 1 and figures['tail']['p_value'] < 1e-6
    assert figures['nearest_is_train']['share'] == 1 and figures['nearest_is_train']['p_value'] < 0.001
    assert figures['median'] == figures['median_ratio'] == figures['closest'] == 0 < figures['closest_held_out']
    assert found['made_train'][1].tolist() == list(range(100))


def test_a_few_copies_among_many_chains_are_caught():
    train = torch.randn(400, 16)
    made = torch.cat([torch.randn(285, 16), train[:15]])
    figures, _ = closeness(made, train, torch.randn(200, 16))
    assert figures['tail']['share'] >= 0.05 and figures['tail']['p_value'] < 0.025
    assert 0.8 < figures['median_ratio'] < 1.2


def test_held_out_images_as_chains_give_the_null():
    train, held_out = torch.randn(400, 16), torch.randn(200, 16)
    figures, _ = closeness(held_out.clone(), train, held_out)
    assert figures['tail']['share'] == figures['tail']['tail'] == 0.01  # the closest hundredth of themselves
    assert figures['median_ratio'] == 1 and figures['tail']['p_value'] > 0.5
    assert figures['nearest_is_train']['p_value'] == 1  # they are nearer to the held-out images, not to the training


def test_blurred_chains_are_close_to_everything_and_no_copies():
    """The mean is closer to training images than held-out images are, and as close to held-out ones."""
    tail = nearest = 0
    for _ in range(20):
        train, held_out = torch.randn(200, 16), torch.randn(200, 16)
        figures, _ = closeness(0.1 * torch.randn(100, 16), train, held_out)
        assert figures['median_ratio'] < 0.9
        tail += figures['tail']['p_value'] < 0.025
        nearest += figures['nearest_is_train']['p_value'] < 0.025
    assert tail >= 3 and nearest <= 2


def test_held_out_images_that_were_trained_on_are_no_yardstick():
    train = torch.randn(50, 4)
    with pytest.raises(ValueError, match='most held-out images are equal to a training image'):
        closeness(torch.randn(9, 4), train, train[:20])


def test_the_tail_follows_its_law():
    """Draws of one distribution, many times: the mean share, and the share of p-values below 5%."""
    results = [share_in_tail(torch.rand(40), torch.rand(99), tail=0.1) for _ in range(2000)]
    expected = results[0]['expected']
    assert expected == pytest.approx(0.1)
    assert np.mean([result['share'] for result in results]) == pytest.approx(expected, abs=0.005)
    assert 0.01 < np.mean([result['p_value'] <= 0.05 for result in results]) <= 0.06
    inside = np.mean([result['low'] <= result['share'] <= result['high'] for result in results])
    assert 0.94 <= inside < 0.99


def test_the_tail_by_hand():
    found = share_in_tail(torch.tensor([0.5, 1.0, 1.5, 7.0]), torch.arange(1.0, 11), tail=0.2)
    assert (found['threshold'], found['tail'], found['share']) == (2, 0.2, 0.75)  # k = 0.2 * 11 is 2
    assert found['p_value'] == pytest.approx(betabinom.sf(2, 4, 2, 9))
    few = share_in_tail(torch.zeros(3), torch.ones(5))
    assert (few['tail'], few['expected']) == (0.2, pytest.approx(1 / 6))  # one of five is the smallest tail there is


def test_the_share_of_nearest_training_images_follows_the_sizes():
    """Chains that know of no set: the null is N / (N + L), and p-values are uniform."""
    p_values, shares = [], []
    for _ in range(60):
        pool, made = torch.randn(90, 4), torch.randn(30, 4)
        figures, _ = closeness(made, pool[:60], pool[60:])
        shares.append(figures['nearest_is_train']['share'])
        p_values.append(figures['nearest_is_train']['p_value'])
        assert figures['nearest_is_train']['expected'] == pytest.approx(2 / 3)
    assert np.mean(shares) == pytest.approx(2 / 3, abs=0.05)
    assert np.mean(np.array(p_values) < 0.1) < 0.25 and 0.35 < np.mean(p_values) < 0.65


def test_one_image_that_is_nearest_to_all_chains_is_one_piece_of_evidence():
    numbers = torch.zeros(500, dtype=torch.long)
    found = member_share((torch.zeros(500), numbers), (torch.ones(500), numbers), 50, 50)
    assert found['share'] == 1 and found['p_value'] == pytest.approx(0.5, abs=0.05)


def test_an_energy_that_is_higher_on_training_images_gives_everything_away():
    found = membership(torch.rand(50) + 2, torch.rand(70))
    assert (found['auc'], found['low'], found['high']) == (1, 1, 1)
    assert found['true_positives']['share'] == 1 and found['true_positives']['p_value'] < 1e-6
    assert membership(torch.rand(50), torch.rand(70) + 2)['auc'] == 0


def test_an_independent_energy_is_within_its_interval():
    inside = aucs = 0
    for _ in range(300):
        auc, low, high = auc_interval(torch.randn(40), torch.randn(60))
        inside += low <= 0.5 <= high
        aucs += auc
    assert 0.91 < inside / 300 < 0.98 and aucs / 300 == pytest.approx(0.5, abs=0.02)


def test_the_auc_is_the_mann_whitney_statistic_with_ties_and_delongs_variance():
    members, others = torch.randint(0, 6, (30,)).double(), torch.randint(0, 5, (20,)).double()
    auc, low, high = auc_interval(members, others)
    assert auc == pytest.approx(mannwhitneyu(members, others).statistic / 600)
    wins = (members[:, None] > others).double() + 0.5 * (members[:, None] == others).double()
    deviation = (wins.mean(1).var() / 30 + wins.mean(0).var() / 20).sqrt().item()
    assert (high - low) / 2 == pytest.approx(1.959964 * deviation)
