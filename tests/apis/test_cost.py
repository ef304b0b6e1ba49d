"""The cost of configs on paper."""

from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

from genkd_mm.apis.cost import CARDS, Cost, cost, print_costs
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError

CONFIGS = Path(__file__).parents[2] / 'configs'
GUIDANCE = 'model.generator.sampler.guidance'
WRN28X10_FORWARD = 128 * 2 * 5.25e9  # 5.25e9 multiplications an image (Zagoruyko and Komodakis, 2016, table 4)


CLASSIFIER = {'backbone.depth': 18, 'backbone.stem_channels': 8, 'backbone.base_channels': 8, 'head.in_channels': 64}
NARROW = {
    'model.generator.energy.classifier.backbone.depth': 10,
    'model.generator.energy.classifier.backbone.widen_factor': 1,
    'model.generator.energy.classifier.head.in_channels': 64,
    **{
        f'model.{part}.{key}': value
        for part in ('architecture', 'teachers.teacher.build_cfg')
        for key, value in CLASSIFIER.items()
    },
    GUIDANCE: [],
}


def cost_of(name: str, **overrides) -> Cost:
    return cost(load_config(str(CONFIGS / name), overrides))


@pytest.fixture(scope='module')
def prior() -> Cost:
    with DefaultScope.overwrite_default_scope('mmrazor'):
        return cost_of('priors/jem_wrn28x10_cifar10.py')


def test_a_chain_step_is_a_forward_pass_and_a_gradient_in_x(prior):
    assert prior.flops['chain'] == pytest.approx(20 * 2 * WRN28X10_FORWARD, rel=0.02)


def test_an_update_on_data_and_chains_is_six_forward_passes(prior):
    assert prior.flops['update'] == pytest.approx(6 * WRN28X10_FORWARD, rel=0.02)


def test_energy_matching_differentiates_one_pass_twice_and_runs_no_chain():
    found = cost_of('priors/energy_matching_digits.py')
    assert set(found.flops) == {'update'} and found.bytes['chains'] == 4000 * 64 * 4


def test_time_follows_rate_and_length(prior):
    card = CARDS[1]
    assert prior.seconds(card, 0.25) == pytest.approx(2 * prior.seconds(card, 0.5))
    assert prior.hours(card, 0.5) == pytest.approx(prior.seconds(card, 0.5) * 78125 / 3600)


@pytest.fixture(scope='module')
def narrow() -> Cost:
    """GenKD without guidance and with the marginal estimator."""
    with DefaultScope.overwrite_default_scope('mmrazor'):
        return cost_of('genkd_cifar10.py', **NARROW)


def test_guidance_adds_passes_of_teacher_and_student(narrow):
    guided = cost_of('genkd_cifar10.py', **{key: value for key, value in NARROW.items() if key != GUIDANCE})
    assert guided.flops['chain'] > 2 * narrow.flops['chain']
    assert guided.flops['student'] == narrow.flops['student'] > guided.flops['teachers'] > 0


def test_the_estimator_decides_the_memory(narrow):
    exact, cheap = (
        cost_of('genkd_cifar10.py', **NARROW, **{'default_hooks.policy_gradient.estimator': 'autograd'}),
        narrow,
    )
    assert exact.bytes['activations'] > 3 * cheap.bytes['activations']
    assert exact.flops['policy_gradient'] > 3 * cheap.flops['policy_gradient']


def test_overrides_hold_for_every_config(capsys):
    print_costs([str(CONFIGS / 'priors/energy_matching_digits.py')], overrides={'train_cfg.max_iters': 12345})
    assert '12,345' in capsys.readouterr().out


def test_bad_input():
    with pytest.raises(ConfigError, match="model.type is 'ImageClassifier' without an EBMGenerator"):
        cost_of('teachers/resnet34_cifar10.py')
    with pytest.raises(ConfigError, match='--utilisation is 2; expected more than 0 and at most 1'):
        print_costs([], 2)


@pytest.mark.parametrize('weight, part', [(0.1, 'policy_gradient'), (0, 'likelihood')])
def test_a_black_box_answers_elsewhere(weight, part):
    key = 'default_hooks.policy_gradient.policy_weight'
    found = cost_of('genkd_digits_proxy_black_box.py', **{key: weight}).flops
    assert found['teachers'] == 0 and found[part] > 0 and {'policy_gradient', 'likelihood'} & set(found) == {part}
