"""Real runs of GenKD with the fine-tuning hook."""

import json

import pytest
import torch
from mmengine.hooks import Hook

from genkd_mm.apis import train
from genkd_mm.engine.runner.access import metrics_of
from genkd_mm.samplers import LangevinSampler
from genkd_mm.utils import unwrapped


class Watch(Hook):
    """Looks at gradients and modes before and after the fine-tuning step, which has NORMAL priority."""

    priority = 'LOW'

    def __init__(self):
        self.student_gradients, self.teacher_gradients, self.updated, self.modes = [], [], [], []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        model = unwrapped(runner.model)
        self._before = [p.detach().clone() for p in model.generator.parameters()]

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        model = unwrapped(runner.model)
        self.student_gradients.append(any(p.grad is not None and p.grad.any() for p in model.student.parameters()))
        self.teacher_gradients.append(any(p.requires_grad or p.grad is not None for p in model.teachers.parameters()))
        after = list(model.generator.parameters())
        self.updated.append(any(not torch.equal(a, b) for a, b in zip(self._before, after, strict=True)))
        self.modes.append(unwrapped(model.student).training and not model.teachers['teacher'].training)


def run(config):
    watch = Watch()
    from mmengine.runner import Runner

    config.launcher = 'pytorch'
    runner = Runner.from_cfg(config)
    runner.register_hook(watch)
    runner.train()
    return runner, watch


@pytest.mark.parametrize(
    'conditional, estimator',
    [(True, 'autograd'), (True, 'finite_difference'), (True, 'marginal'), (False, 'finite_difference')],
)
def test_a_run_updates_the_energy_and_leaks_no_gradient(tiny, tmp_path, estimator, conditional):
    config = tiny(**{'default_hooks.policy_gradient.estimator': estimator})
    if not conditional:  # an unconditional prior is another prior: take its positives from data
        config.model.generator.update(conditional=False, init_cfg=None)
        config.default_hooks.policy_gradient.positives = dict(
            batch_size=10, num_workers=0, dataset=config.data_train, sampler=dict(type='ResumableSampler')
        )
    runner, watch = run(config)
    assert watch.updated == [True] * 3
    assert not any(watch.student_gradients) and not any(watch.teacher_gradients)
    assert all(watch.modes)
    scalars = runner.message_hub.log_scalars
    terms = ('TeacherCrossEntropy', 'Disagreement')
    for name in ('reward', 'cost', 'energy_data', 'energy_chains', 'energy_gap', 'advantage_std', *terms):
        assert len(scalars[f'train/policy/{name}'].data[0]) == 3, name


def test_without_the_hook_the_energy_stays_the_prior(tiny, tmp_path, capsys):
    config = tiny()
    config.default_hooks.policy_gradient = None
    del config.optim_wrapper['generator'], config.param_scheduler['generator']
    runner, watch = run(config)
    assert watch.updated == [False] * 3
    stored = torch.load(tmp_path / 'prior.pth', weights_only=True)['state_dict']
    for name, value in unwrapped(unwrapped(runner.model).generator).state_dict().items():
        assert torch.equal(value, stored[f'generator.{name}'])
    table = capsys.readouterr().out
    assert 'generation_seconds' in table and 'policy_seconds' not in table  # what was not measured has no row


def test_the_policy_term_alone_reaches_the_energy(tiny):
    config = tiny(
        **{'default_hooks.policy_gradient.likelihood_weight': 0.0, 'default_hooks.policy_gradient.energy_penalty': 0.0}
    )
    _, watch = run(config)
    assert watch.updated == [True] * 3


def test_replay_only_iterations_run_no_chain_but_the_hooks(tiny):
    config = tiny(**{'model.refresh_interval': 1000})
    config.default_hooks.policy_gradient = None
    del config.optim_wrapper['generator'], config.param_scheduler['generator']
    runner, _ = run(config)
    assert metrics_of(runner).pseudo_samples <= 100  # the prior's chains, none of them advanced


def test_at_one_interval_the_hook_scores_the_chain_of_the_refresh(tiny, monkeypatch):
    chains = []
    original = LangevinSampler.run
    monkeypatch.setattr(LangevinSampler, 'run', lambda *args: chains.append(1) or original(*args))
    config = tiny(
        **{
            'model.refresh_interval': 2,
            'default_hooks.policy_gradient.interval': 2,
            'train_cfg.max_iters': 4,
            'train_cfg.val_interval': 100,
        }
    )
    config.default_hooks.pop('chain_reward', None)
    _, watch = run(config)
    assert watch.updated == [False, True, False, True] and len(chains) == 2


def test_the_model_counts_its_iterations_itself(tiny, monkeypatch):
    chains = []
    original = LangevinSampler.run
    monkeypatch.setattr(LangevinSampler, 'run', lambda *args: chains.append(1) or original(*args))
    config = tiny(**{'model.refresh_interval': 2, 'train_cfg.max_iters': 4, 'train_cfg.val_interval': 100})
    config.default_hooks.policy_gradient = None
    del config.optim_wrapper['generator'], config.param_scheduler['generator']
    config.default_hooks.pop('chain_reward')
    config.default_hooks.update(runtime_info=None)  # of mmengine's hooks the one that counts for the message hub
    runner, _ = run(config)
    assert len(chains) == 2 and metrics_of(runner).iterations == 4


def test_the_hook_scores_the_chain_that_the_student_saw(tiny):
    config = tiny(**{'model.student_iter': 1})
    runner, _ = run(config)
    # 3 iterations of 10 fresh images each; a chain of the hook's own would have made it more
    assert metrics_of(runner).pseudo_samples == 30


def test_summary_tells_what_the_run_came_to(whole_runs, tiny, tmp_path, capsys):
    backends = [dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]
    runner = train(tiny(**{'visualizer.vis_backends': backends}))
    summary = json.loads((tmp_path / 'work' / 'summary.json').read_text())
    assert summary['student_top1'] == pytest.approx(runner.message_hub.get_scalar('val/accuracy/top1').current())
    assert set(summary['teacher_top1']) == {'teacher'} and 0 <= summary['teacher_top1']['teacher'] <= 100
    assert summary['student_params'] == sum(p.numel() for p in unwrapped(runner.model).student.parameters())
    assert summary['seed'] == 0 and summary['config'].endswith('genkd_digits_maximum_likelihood.py')
    assert summary['versions']['torch'] == torch.__version__.split('+')[0]
    assert 0 < summary['generation_seconds'] + summary['student_seconds'] <= summary['total_seconds']
    assert 0 < summary['policy_seconds'] < summary['generation_seconds']  # the rest are chains
    assert 'policy_seconds' in capsys.readouterr().out
    assert summary['chain_reward'] is not None and 30 <= summary['pseudo_samples'] <= 60
    assert (tmp_path / 'work' / 'curves.png').read_bytes().startswith(b'\x89PNG')
    assert list((tmp_path / 'work').glob('*/vis_data/vis_image/chains_3.png'))
    assert list((tmp_path / 'work').glob('*/vis_data/events.out.tfevents*'))


def test_the_students_loss_does_not_reach_the_energy(tiny):
    config = tiny(**{'model.generator.sampler.differentiable_steps': 2})
    config.default_hooks.policy_gradient = None
    runner, watch = run(config)
    assert watch.updated == [False] * 3
    assert all(p.grad is None for p in unwrapped(unwrapped(runner.model).generator).parameters())


def test_guidance_lowers_the_criterion_that_it_names(tiny):
    from genkd_mm.engine.hooks import ChainRewardHook

    rewards = []
    for weight in (0.0, 50.0):
        config = tiny(**{'model.generator.sampler.step_size': 0.1})
        config.model.generator.sampler.guidance = [dict(type='TeacherCrossEntropy', weight=weight)]
        runner = train(config)
        hook = next(h for h in runner.hooks if isinstance(h, ChainRewardHook))
        rewards.append(hook.measure(unwrapped(unwrapped(runner.model).generator))['reward'])
    assert rewards[1] > rewards[0]
