import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from genkd_mm.models import Disagreement, FrozenNetworks
from genkd_mm.models.criteria.disagreement import jensen_shannon
from genkd_mm.utils import ConfigError


def scipys(first: torch.Tensor, second: torch.Tensor) -> np.ndarray:
    """scipy's distance is the square root of the divergence."""
    return jensenshannon(first.softmax(1).detach().numpy(), second.softmax(1).detach().numpy(), axis=1) ** 2


@pytest.mark.parametrize('tau', [1.0, 3.0])
def test_equals_scipys_divergence(networks, teacher, student, images, labels, tau):
    criterion = Disagreement(tau=tau)
    criterion.bind(networks)
    student.eval()
    expected = scipys(teacher(images, mode='tensor') / tau, student(images, mode='tensor') / tau)
    np.testing.assert_allclose(criterion(images, labels).detach().numpy(), expected, rtol=1e-3, atol=1e-6)


def test_equal_networks_agree(teacher, images, labels):
    criterion = Disagreement()
    criterion.bind(FrozenNetworks(dict(teacher=teacher), teacher))
    torch.testing.assert_close(criterion(images, labels), torch.zeros(5), rtol=0, atol=1e-6)


def test_symmetric(teacher, student, images, labels):
    one, other = Disagreement(), Disagreement()
    one.bind(FrozenNetworks(dict(teacher=teacher), student))
    other.bind(FrozenNetworks(dict(teacher=student), teacher))
    torch.testing.assert_close(one(images, labels), other(images, labels))


def test_several_teachers_are_averaged(teacher, student, images, labels):
    """A teacher that is the student itself adds 0."""
    single, double = Disagreement(), Disagreement()
    single.bind(FrozenNetworks(dict(teacher=teacher), student))
    double.bind(FrozenNetworks(dict(teacher=teacher, twin=student), student))
    torch.testing.assert_close(double(images, labels), single(images, labels) / 2)


@pytest.mark.parametrize('scale', [1.0, 30.0, 1e4])
def test_never_above_log_2(scale):
    first, second = (scale * torch.randn(200, 10)).log_softmax(1), (scale * torch.randn(200, 10)).log_softmax(1)
    divergence = jensen_shannon(first, second)
    assert (divergence >= -1e-6).all() and (divergence <= math.log(2) + 1e-6).all()


def test_log_2_where_nothing_is_shared():
    logits = 1e4 * torch.eye(10)
    torch.testing.assert_close(
        jensen_shannon(logits.log_softmax(1), logits.roll(1, 0).log_softmax(1)), torch.full((10,), math.log(2))
    )


def test_temperature_softens(networks, images, labels):
    sharp, soft = Disagreement(tau=1.0), Disagreement(tau=20.0)
    sharp.bind(networks)
    soft.bind(networks)
    assert (soft(images, labels) < sharp(images, labels)).all()


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ConfigError, match='Disagreement.tau is 0; expected a temperature above 0'):
        Disagreement(tau=0)
