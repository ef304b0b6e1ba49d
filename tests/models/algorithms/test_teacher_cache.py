"""With ``cache_teacher`` a student learns the same, from fewer passes of the teacher."""

import pytest
import torch
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS

from genkd_mm.apis import train
from genkd_mm.models import GenKD
from genkd_mm.models.algorithms.teacher_cache import cached_outputs
from genkd_mm.utils import unwrapped


@pytest.fixture
def asked(monkeypatch):
    """Sizes of the batches that the teachers were asked about in student steps."""
    sizes, original = [], GenKD._ask_teachers
    monkeypatch.setattr(
        GenKD, '_ask_teachers', lambda self, images: sizes.append(len(images)) or original(self, images)
    )
    return sizes


def student(runner):
    """The trained parameters, in one vector."""
    return torch.cat([value.flatten() for value in unwrapped(runner.model).student.parameters()])


def short(tiny, conditional, **overrides):
    config = tiny(**{'model.student_iter': 8, 'model.generator.replay_buffer.capacity': 20, **overrides})
    if not conditional:  # an unconditional prior is another prior: take its positives from data
        config.model.generator.update(conditional=False, init_cfg=None)
        config.default_hooks.policy_gradient.positives = dict(
            batch_size=10, num_workers=0, dataset=config.data_train, sampler=dict(type='ResumableSampler')
        )
    return config


@pytest.mark.parametrize('conditional', [True, False])
def test_the_student_is_the_same_while_chains_move_on(tiny, asked, conditional):
    plain = student(train(short(tiny, conditional, **{'model.cache_teacher': False})))
    assert asked == [10] * 24
    asked.clear()
    cached = student(train(short(tiny, conditional, **{'model.cache_teacher': True})))
    assert torch.allclose(plain, cached, atol=1e-4), (plain - cached).abs().max()
    assert sum(asked) <= 3 * 10 + 20  # each fresh state once, and every state that was there before


@pytest.mark.parametrize('layer, call', [('layer4', 0), ('layer3.1.relu', 1)])  # the latter runs twice
def test_features_are_kept_too(tiny, asked, layer, call):
    def make(cache):
        config = short(tiny, True, **{'model.cache_teacher': cache})
        distiller = config.model.distiller
        for side in ('teacher', 'student'):
            prefix = 'teacher.' if side == 'teacher' else ''
            distiller[f'{side}_recorders'].feature = dict(type='ModuleOutputs', source=f'{prefix}backbone.{layer}')
        distiller.distill_losses.loss_feature = dict(type='L2Loss', loss_weight=0.1)
        distiller.loss_forward_mappings.loss_feature = dict(
            s_feature=dict(from_student=True, recorder='feature', record_idx=call),
            t_feature=dict(from_student=False, recorder='feature', record_idx=call),
        )
        return config

    plain, cached = student(train(make(False))), student(train(make(True)))
    assert torch.allclose(plain, cached, atol=1e-4), (plain - cached).abs().max()


def test_what_other_recorders_left_does_not_count(tiny, asked):
    config = short(tiny, True, **{'model.cache_teacher': True, 'train_cfg.max_iters': 1, 'train_cfg.val_interval': 1})
    with DefaultScope.overwrite_default_scope('mmrazor'):
        model = MODELS.build(config.model)
    buffer, slots = model.generator.replay_buffer, torch.arange(20)
    buffer.cache(slots, dict(label=slots))
    recorders = model.distiller.teacher_recorders
    with recorders, torch.no_grad():
        cached_outputs(
            model._ask_teachers, recorders, buffer, slots[:10], model.generator.to_classifier(buffer.states[:10])
        )
    assert asked == [10] and buffer.is_cached(slots).sum() == 10


def test_chains_that_do_not_move_are_asked_about_once(tiny, asked):
    config = short(tiny, True, **{'model.cache_teacher': True, 'model.refresh_interval': 1000})
    config.default_hooks.policy_gradient = None
    del config.optim_wrapper['generator'], config.param_scheduler['generator']
    train(config)
    assert sum(asked) == 20
