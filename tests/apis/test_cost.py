"""The cost of configs on paper."""

from pathlib import Path

import pytest

from genkd_mm.apis.cost import CARDS, cost, print_costs
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError

CONFIGS = Path(__file__).parents[2] / 'configs'
WRN28X10_FORWARD = 128 * 2 * 5.25e9  # 5.25e9 multiplications an image (Zagoruyko and Komodakis, 2016, table 4)


@pytest.fixture(scope='module')
def paper():
    from mmengine.registry import DefaultScope

    with DefaultScope.overwrite_default_scope('mmrazor'):
        names = ('priors/jem_wrn28x10_cifar10.py', 'genkd_cifar10.py')
        return [cost(load_config(str(CONFIGS / name))) for name in names]


def test_a_chain_step_is_a_forward_pass_and_a_gradient_in_x(paper):
    prior, _ = paper
    assert prior.flops['chain'] == pytest.approx(20 * 2 * WRN28X10_FORWARD, rel=0.02)


def test_an_update_on_data_and_chains_is_six_forward_passes(paper):
    prior, _ = paper
    assert prior.flops['update'] == pytest.approx(6 * WRN28X10_FORWARD, rel=0.02)


def test_the_parts_of_genkd(paper):
    prior, genkd = paper
    assert genkd.flops['chain'] > prior.flops['chain']  # the guidance asks teacher and student too
    assert genkd.flops['student'] > genkd.flops['teachers'] > 0
    assert genkd.bytes['activations'] > 5 * prior.bytes['activations']  # five steps, differentiated twice


def test_time_follows_rate_and_length(paper):
    prior, _ = paper
    card = CARDS[1]
    assert prior.seconds(card, 0.25) == pytest.approx(2 * prior.seconds(card, 0.5))
    assert prior.hours(card, 0.5) == pytest.approx(prior.seconds(card, 0.5) * 78125 / 3600)


def test_the_estimator_decides_what_fits(paper):
    config = load_config(str(CONFIGS / 'genkd_cifar10.py'), {'custom_hooks.0.estimator': 'marginal'})
    assert cost(config).gigabytes < 0.3 * paper[1].gigabytes


def test_bad_input():
    with pytest.raises(ConfigError, match="model.type is 'mmpretrain.ImageClassifier'"):
        cost(load_config(str(CONFIGS / 'teachers/resnet34_cifar10.py')))
    with pytest.raises(ConfigError, match='--utilisation is 2; expected more than 0 and at most 1'):
        print_costs([], 2)
