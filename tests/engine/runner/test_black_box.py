"""Distillation from a teacher that another process has: counted, cached, within a budget, and resumed exactly."""

import json

import pytest
import torch

from genkd_mm.apis import train
from genkd_mm.apis.serve import Served
from genkd_mm.engine.hooks import TeacherQueriesHook
from genkd_mm.utils import ConfigError

from .test_resume import RaiseSignal, same  # noqa: F401  (registers the hook)

pytest.importorskip('uvicorn')


class Asked(list):
    """What a server is asked: the sizes of its batches."""

    @property
    def total(self) -> int:
        return sum(self)


@pytest.fixture
def asked():
    return Asked()


@pytest.fixture
def server(start_server, asked):
    weights = torch.randn(64, 10, generator=torch.Generator().manual_seed(0)) / 100
    served = Served(lambda x: asked.append(len(x)) or (x.flatten(1) @ weights).softmax(1), (1, 8, 8), 10)
    return start_server(served)


@pytest.fixture
def black_box(tiny, server, tmp_path):
    """Factory: the tiny run with the server as its teacher, in the folder ``name``."""

    def make(name='work', **overrides):
        config = tiny(
            **{
                'model.cache_teacher': True,
                'model.distiller.teacher_recorders.fc.source': 'teacher.logits',
                'train_cfg.max_iters': 6,
                'train_cfg.val_interval': 6,
                'default_hooks.checkpoint.interval': 2,
                'default_hooks.chain_reward': None,
                'default_hooks.initial_evaluation': None,
                **overrides,
            }
        )
        config.work_dir = str(tmp_path / name)
        teacher = dict(type='HTTPTeacher', url=server.url, num_classes=10, mean=config.mean, std=config.std)
        config.model.teachers.teacher = dict(build_cfg=teacher)
        return config

    return make


def summary(config):
    with open(f'{config.work_dir}/summary.json') as file:
        return json.load(file)


def final(config):
    return torch.load(f'{config.work_dir}/final.pth', weights_only=True)


def test_every_query_is_counted_and_none_is_made_twice(black_box, asked):
    config = black_box()
    config.default_hooks.policy_gradient = None
    del config.optim_wrapper['generator'], config.param_scheduler['generator']
    train(config)
    counted = summary(config)['teacher_queries']
    assert counted == asked.total - 1  # a blank image before training
    fresh, replayed = 6 * 10, 6 * 10
    assert fresh <= counted <= fresh + replayed


def test_a_killed_run_ends_the_same_and_asks_for_nothing_again(black_box, asked):
    whole = black_box('whole')
    train(whole)
    undisturbed = asked.total
    asked.clear()
    config = black_box('killed')
    config.custom_hooks = [dict(type='RaiseSignal', at=4)]
    with pytest.raises(SystemExit):
        train(config)
    train(black_box('killed'), resume=True)
    assert asked.total == undisturbed + 1  # the blank image once more
    same(final(whole)['state_dict'], final(config)['state_dict'])
    same(final(whole)['chains'], final(config)['chains'])
    assert summary(config)['teacher_queries'] == summary(whole)['teacher_queries'] == undisturbed - 1


@pytest.mark.parametrize('credit, asked_for_rewards', [('step', 5 * 10), ('end', 0)])
def test_the_reward_of_a_chain_s_end_is_not_asked_for_again(black_box, credit, asked_for_rewards):
    """The window covers the whole chain: its last state is the one that the student has just learnt from."""
    overrides = {'window': 5, 'credit': credit, 'clip_advantage': 3.0}
    hook = {f'default_hooks.policy_gradient.{name}': value for name, value in overrides.items()}
    config = black_box(**hook, **{'model.student_iter': 1, 'train_cfg.max_iters': 1})
    runner = train(config)
    assert summary(config)['teacher_queries'] == 10 + asked_for_rewards
    assert runner.message_hub.get_scalar('train/policy/advantage_std').current() > 0


def test_a_budget_ends_the_run_cleanly_and_more_of_it_continues(black_box, asked):
    whole = black_box('whole')
    train(whole)
    config = black_box('cut', **{'default_hooks.teacher_queries.budget': 150})
    runner = train(config)
    told = summary(config)
    assert told['teacher_queries'] <= 150 and 0 < runner.iter < 6
    assert told['student_top1'] is not None and final(config)['meta']['iter'] == runner.iter
    asked.clear()
    train(black_box('cut', **{'default_hooks.teacher_queries.budget': 150}), resume=True)
    assert asked.total == 1 and summary(config)['teacher_queries'] == told['teacher_queries']
    train(black_box('cut'), resume=True)
    same(final(whole)['state_dict'], final(config)['state_dict'])


def test_a_budget_needs_a_black_box(tiny):
    with pytest.raises(ConfigError, match='TeacherQueriesHook.budget is 9 but model.teachers name none that is asked'):
        train(tiny(**{'default_hooks.teacher_queries.budget': 9}))
    with pytest.raises(ConfigError, match='TeacherQueriesHook.budget is 0; expected 1 or more, or None'):
        TeacherQueriesHook(budget=0)


@pytest.mark.parametrize('criterion', ['TeacherCrossEntropy', 'Disagreement', 'BatchNormStatistics'])
def test_guidance_through_the_teacher_is_refused_before_the_run(black_box, asked, criterion):
    with pytest.raises(
        ConfigError, match=f'guidance has {criterion}.* reward of PolicyGradientHook.* ZerothOrderTeacher'
    ):
        train(black_box(**{'model.generator.sampler.guidance': [dict(type=criterion)]}))
    assert asked.total == 1


def test_guidance_by_the_student_alone_runs(black_box):
    guidance = [dict(type='StudentCrossEntropy', weight=-1.0), dict(type='TotalVariation')]
    config = black_box(**{'model.generator.sampler.guidance': guidance, 'train_cfg.max_iters': 2})
    train(config)
    assert summary(config)['student_top1'] is not None


def test_guidance_through_an_estimated_gradient_runs_and_is_counted(black_box, asked):
    guidance = [dict(type='TeacherCrossEntropy'), dict(type='Disagreement', weight=-1.0)]
    config = black_box(**{'model.generator.sampler.guidance': guidance, 'model.student_iter': 1})
    config.default_hooks.policy_gradient = None
    del config.optim_wrapper['generator'], config.param_scheduler['generator']
    served = config.model.teachers.teacher.build_cfg
    config.model.teachers.teacher.build_cfg = dict(type='ZerothOrderTeacher', teacher=served)
    train(config)
    # In each of 6 iterations 10 chains take 5 steps, a query and a difference each; the student learns from the ends.
    assert summary(config)['teacher_queries'] == asked.total - 1 == 6 * 10 * (5 * 2 + 1)


def test_images_of_another_normalisation_are_refused(black_box):
    config = black_box()
    config.model.teachers.teacher.build_cfg.mean = [0.0]
    with pytest.raises(ConfigError, match=r'is given mean=\[0.0\] .* but the images have \[77.8\]'):
        train(config)
