"""A prior by energy matching, trained by its config, in everything that takes a prior."""

from pathlib import Path

import pytest
import torch

from genkd_mm.apis.audit import audit
from genkd_mm.apis.sample import sample
from genkd_mm.apis.train import train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.utils import ConfigError, unwrapped

CONFIG = str(Path(__file__).parents[3] / 'configs/priors/energy_matching_digits.py')
NET = {'backbone.base_channels': 4, 'head.in_channels': 256}
FLOW = dict(type='LangevinSampler', num_steps=5, step_size=0.2, noise_std=0.01, start='normal')


def prior_config(tmp_path, **overrides):
    small = {f'model.generator.energy.classifier.{key}': value for key, value in NET.items()}
    run = {
        'model.generator.replay_buffer.capacity': 100,
        'train_cfg.max_iters': 4,
        'train_cfg.val_interval': 4,
        'val_dataloader.dataset.indices': 100,
    }
    return load_config(CONFIG, {**small, **run, **overrides}, str(tmp_path / 'matched'))


@pytest.fixture(scope='module')
def matched(tmp_path_factory):
    """The checkpoint of a matched prior, after four iterations; not to be changed."""
    folder = tmp_path_factory.mktemp('matched')
    with process_group('none'):
        train(prior_config(folder))
    return str(folder / 'matched/final.pth')


@pytest.fixture
def consumer(tiny, matched, tmp_path):
    """Factory: GenKD on the matched prior."""

    def make(**overrides):
        energy = prior_config(tmp_path).model.generator.energy
        return tiny(
            **{
                'model.generator.energy': energy,
                'model.generator.sampler': FLOW,
                'model.generator.init_cfg.checkpoint': matched,
                **overrides,
            }
        )

    return make


def test_the_checkpoint_holds_the_averaged_energy_and_chains_of_the_whole_flow(matched):
    checkpoint = torch.load(matched, weights_only=True)
    assert checkpoint['chain_spec'] == dict(start='normal', step_sizes=[0.05] * 20, noise_stds=[0.0] * 20, clamp=True)
    states = checkpoint['chains']['states']
    assert len(states) == 100 and states.abs().max() <= 1 and len(states.unique(dim=0)) == 100
    assert any(name.startswith('generator.energy.') for name in checkpoint['state_dict'])


@pytest.mark.parametrize('estimator', ['finite_difference', 'marginal'])
def test_genkd_advances_guides_and_fine_tunes_it(consumer, matched, estimator):
    guidance = [dict(type='Disagreement', weight=-2.0)]
    config = consumer(
        **{
            'model.generator.sampler': dict(FLOW, guidance=guidance),
            'default_hooks.policy_gradient.estimator': estimator,
        }
    )
    runner = train(config)
    generator = unwrapped(unwrapped(runner.model).generator)
    stored = torch.load(matched, weights_only=True)
    assert not torch.equal(generator.replay_buffer.states, stored['chains']['states'])
    assert generator.replay_buffer.states.isfinite().all()
    assert len(runner.message_hub.log_scalars['train/policy/reward'].data[0]) == 3
    assert torch.load(Path(config.work_dir, 'final.pth'), weights_only=True)['chain_spec'] == stored['chain_spec']


def test_fine_tuning_keeps_to_the_stored_chains_by_the_matching_loss(consumer):
    config = consumer(
        **{
            'default_hooks.policy_gradient.policy_weight': 0.0,
            'optim_wrapper.generator.optimizer.lr': 1e-2,
            'default_hooks.chain_reward': None,
            'model.student_iter': 1,
            'train_dataloader.batch_size': 50,
            'train_cfg.max_iters': 16,
            'train_cfg.val_interval': 16,
        }
    )
    losses = train(config).message_hub.log_scalars['train/policy/matching'].data[0]
    assert losses[-5:].mean() < losses[:5].mean() - 3 * losses[:5].std()


def test_a_student_learns_from_its_stored_chains_as_they_are(consumer, matched):
    runner = train(consumer(**{'model.refresh_interval': 10**9, 'default_hooks.policy_gradient': None}))
    buffer = unwrapped(unwrapped(runner.model).generator).replay_buffer
    assert torch.equal(buffer.states, torch.load(matched, weights_only=True)['chains']['states'])
    assert buffer.distinct_seen > 0


def test_samples_are_drawn_from_its_config(matched, tmp_path):
    stored = sample(prior_config(tmp_path), matched, tmp_path / 'stored', 20, rounds=0)
    fresh = sample(prior_config(tmp_path), matched, tmp_path / 'fresh', 20, fresh=True)
    assert len(stored.rows()) == len(fresh.rows()) == 20


def test_the_audit_takes_it(matched, tmp_path):
    report = audit(prior_config(tmp_path), matched, tmp_path / 'audit', fresh=20)
    assert set(report['chains']) == {'stored', 'fresh'}


def test_the_checkpoint_of_a_prior_that_a_teacher_guided_goes_everywhere(tiny, consumer, tmp_path):
    distillation = tiny()
    teacher = distillation.model.teachers.teacher
    guidance = [dict(type='TeacherCrossEntropy'), dict(type='BatchNormStatistics', per_image=False)]
    config = prior_config(
        tmp_path,
        **{
            'model.teacher': teacher.build_cfg,
            'model.teacher_ckpt': teacher.ckpt_path,
            'model.teacher_preprocessor': distillation.model.data_preprocessor,
            'model.generator.sampler.guidance': guidance,
        },
    )
    train(config)
    checkpoint = str(tmp_path / 'matched/final.pth')
    assert torch.load(checkpoint, weights_only=True)['chains']['states'].isfinite().all()
    train(consumer(**{'model.generator.init_cfg.checkpoint': checkpoint}))
    assert len(sample(config, checkpoint, tmp_path / 'fresh', 20, fresh=True).rows()) == 20
    assert set(audit(config, checkpoint, tmp_path / 'audit', fresh=20)['chains']) == {'stored', 'fresh'}


def test_a_config_of_the_other_kind_of_chain_is_refused(consumer, tiny, tmp_path):
    langevin = dict(type='LangevinSampler', num_steps=5)
    for config, words in (
        (consumer(**{'model.generator.sampler': langevin}), "have sampler.start='normal' but the config has 'uniform'"),
        (tiny(**{'model.generator.sampler': FLOW}), "have sampler.start='uniform' but the config has 'normal'"),
        (
            consumer(
                **{
                    'model.generator.sampler': dict(FLOW, num_steps=3),
                    'model.generator.replay_buffer.restart_prob': 0.1,
                }
            ),
            'takes steps of 1 in all but the steps of sampler.step_size add up to 0.6',
        ),
    ):
        with pytest.raises(ConfigError, match=words):
            train(config)


def test_samples_with_the_other_kind_of_chain_are_refused(matched, tmp_path):
    config = prior_config(tmp_path, **{'model.generator.sampler.start': 'uniform'})
    with pytest.raises(ConfigError, match="sampler.start='normal' but the config has 'uniform'"):
        sample(config, matched, tmp_path / 'out', 20, rounds=0)
