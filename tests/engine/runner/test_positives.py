"""The images that the fine-tuning makes likelier."""

import pytest
import torch
from mmengine.runner import Runner
from mmrazor.registry import HOOKS

from genkd_mm.engine.runner.positives import RewardedPositives
from genkd_mm.models.criteria import TeacherCrossEntropy
from genkd_mm.utils import ConfigError, unwrapped


def weighted(tiny, **overrides):
    config = tiny()
    config.default_hooks.policy_gradient.update(temperature=0.5, credit='end', policy_weight=0, **overrides)
    return config


@pytest.mark.parametrize('prior_share, expected', [(0.0, 0.5), (1.0, -0.5)])
def test_positives_are_rewarded_chains_or_the_priors(tiny, prior_share, expected):
    generator = unwrapped(unwrapped(Runner.from_cfg(tiny()).model).generator)
    generator.init_weights()
    generator.prior.states[:] = -0.5
    buffer, slots = (
        generator.replay_buffer,
        torch.arange(generator.num_classes) * generator.replay_buffer.chains_per_class,
    )
    buffer.write(slots, torch.full((len(slots), *generator.image_shape), 0.5))
    buffer.reward(slots, torch.zeros(len(slots)))
    images, labels = RewardedPositives(generator, 1.0, prior_share).draw(torch.arange(generator.num_classes))
    assert (images == expected).all() and labels.tolist() == list(range(generator.num_classes))


def test_a_run_rewards_the_chains_that_it_advances(tiny):
    cost = TeacherCrossEntropy()
    runner = Runner.from_cfg(weighted(tiny, reward=[dict(type='TeacherCrossEntropy', weight=2.0)]))
    before = [parameter.detach().clone() for parameter in unwrapped(runner.model).generator.parameters()]
    runner.train()
    generator = unwrapped(unwrapped(runner.model).generator)
    buffer = generator.replay_buffer
    rewarded = buffer.rewards.isfinite()
    cost.bind(unwrapped(runner.model).networks)
    with torch.no_grad():
        found = -2 * cost(generator.to_classifier(buffer.states), buffer.labels)
    torch.testing.assert_close(buffer.rewards[rewarded], found[rewarded])  # of the states that are stored
    assert 0 < rewarded.sum() <= runner.max_iters * runner.train_dataloader.batch_size
    assert any(not torch.equal(a, b) for a, b in zip(before, generator.parameters(), strict=True))
    scalars = runner.message_hub.log_scalars
    assert len(scalars['train/policy/reward'].data[0]) == runner.max_iters


@pytest.mark.parametrize(
    'changed, sentence',
    [
        (dict(temperature=0.0), 'temperature is 0.0'),
        (dict(positives=dict(batch_size=4)), '.* without positives'),
        (dict(prior_share=1.5), 'prior_share is 1.5'),
        (dict(credit='step'), "temperature is 0.5 but credit is 'step'"),
        (dict(clip_advantage=0), 'clip_advantage is 0; expected a number above 0'),
        (dict(reward=[]), 'reward is empty; name at least one criterion'),
        (
            dict(reward=[dict(type='BatchNormStatistics', per_image=False)]),
            'reward has BatchNormStatistics .* and rewards none',
        ),
    ],
)
def test_wrong_settings_are_one_sentence(tiny, changed, sentence):
    with pytest.raises(ConfigError, match=f'PolicyGradientHook.{sentence}'):
        HOOKS.build({**weighted(tiny).default_hooks.policy_gradient, **changed})
