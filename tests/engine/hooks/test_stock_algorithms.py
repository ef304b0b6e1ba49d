"""mmrazor's own data-free algorithms, unmodified, with an EBMGenerator and the PolicyGradientHook."""

import copy

import pytest
import torch
from mmengine.runner import Runner

from genkd_mm.apis.train import check_labels
from genkd_mm.utils import ConfigError, unwrapped

FC_S = dict(from_student=True, recorder='fc')
FC_T = dict(from_student=False, recorder='fc')
DAFL = dict(
    type='ConfigurableDistiller',
    teacher_recorders=dict(fc=dict(type='ModuleOutputs', source='teacher.head.fc')),
    distill_losses=dict(loss_oh=dict(type='OnehotLikeLoss'), loss_ie=dict(type='InformationEntropyLoss')),
    loss_forward_mappings=dict(loss_oh=dict(preds_T=FC_T), loss_ie=dict(preds_T=FC_T)),
)
ZSKT = dict(
    type='ConfigurableDistiller',
    student_recorders=dict(fc=dict(type='ModuleOutputs', source='head.fc')),
    teacher_recorders=dict(fc=dict(type='ModuleOutputs', source='teacher.head.fc')),
    distill_losses=dict(loss_kl=dict(type='KLDivergence', loss_weight=-2.0, teacher_detach=False)),
    loss_forward_mappings=dict(loss_kl=dict(preds_S=FC_S, preds_T=FC_T)),
)


def stock(config, algorithm, generator_distiller, differentiable_steps=2, hook=True):
    """The tiny GenKD config with another algorithm."""
    model = config.model
    model.type = algorithm
    del model['cache_teacher'], model['refresh_interval']
    model.generator_distiller = generator_distiller
    if algorithm == 'DAFLDataFreeDistillation':
        del model['student_iter']
    model.generator.update(mean=config.mean, std=config.std)
    model.generator.sampler.differentiable_steps = differentiable_steps
    config.model_wrapper_cfg.find_unused_parameters = True  # the bias of f's last layer has no gradient in the images
    if not hook:
        config.default_hooks.policy_gradient = None
    config.launcher = 'pytorch'
    return config


@pytest.mark.parametrize('algorithm, losses', [('DataFreeDistillation', ZSKT), ('DAFLDataFreeDistillation', DAFL)])
def test_runs_beside_the_hook(tiny, algorithm, losses):
    runner = Runner.from_cfg(stock(tiny(), algorithm, losses))
    before = [p.detach().clone() for p in unwrapped(runner.model).student.parameters()]
    runner.train()
    model = unwrapped(runner.model)
    assert type(model).__module__.startswith('mmrazor.')
    assert any(not torch.equal(a, b) for a, b in zip(before, model.student.parameters(), strict=True))
    scalars = runner.message_hub.log_scalars
    assert len(scalars['train/policy/reward'].data[0]) == runner.max_iters
    assert any(tag.startswith('train/generator.loss') for tag in scalars)


@pytest.mark.parametrize('steps, reached', [(2, True), (0, False)])
def test_the_generators_loss_reaches_the_energy_through_the_last_steps(tiny, tmp_path, steps, reached):
    # ZSKT's loss also depends on the student, so that it can be differentiated even if the images carry no graph
    runner = Runner.from_cfg(stock(tiny(), 'DataFreeDistillation', ZSKT, differentiable_steps=steps, hook=False))
    runner.train()
    stored = torch.load(tmp_path / 'prior.pth', weights_only=True)['state_dict']
    generator = unwrapped(unwrapped(runner.model).generator)
    changed = any(not torch.equal(value, stored[f'generator.{name}']) for name, value in generator.state_dict().items())
    assert changed == reached


@pytest.mark.parametrize('steps', [2, 0])
def test_an_estimated_gradient_guides_chains_but_is_not_differentiated_again(tiny, steps):
    config = stock(tiny(), 'DataFreeDistillation', copy.deepcopy(ZSKT), differentiable_steps=steps)
    model, known = config.model, config.model.teachers.teacher
    model.generator.sampler.guidance = [dict(type='TeacherCrossEntropy')]
    asked = dict(type='ClassifierTeacher', classifier=known.build_cfg, ckpt_path=known.ckpt_path, num_classes=10)
    asked |= dict(mean=config.mean, std=config.std)
    model.teachers.teacher = dict(build_cfg=dict(type='ZerothOrderTeacher', teacher=asked))
    for distiller in (model.distiller, model.generator_distiller):
        distiller.teacher_recorders.fc.source = 'teacher.logits'
    runner = Runner.from_cfg(config)
    if steps:
        words = 'differentiable_steps is 2 and guidance has TeacherCrossEntropy.* set differentiable_steps to 0'
        with pytest.raises(ConfigError, match=words):
            runner.train()
    else:
        runner.train()
    assert runner.iter == (0 if steps else runner.max_iters)


def test_a_generator_with_another_normalisation_is_refused(tiny):
    config = stock(tiny(), 'DataFreeDistillation', ZSKT)
    config.model.generator.mean = [10.0]
    with pytest.raises(ConfigError, match=r'generator.mean is \(10.0,\) but model.data_preprocessor.mean is \[77.8'):
        Runner.from_cfg(config).train()


def test_a_generator_that_is_no_ebm_is_refused(tiny):
    config = stock(tiny(), 'DataFreeDistillation', ZSKT)
    config.model.generator = dict(type='ZSKTGenerator', img_size=8, latent_dim=8, hidden_channels=8)
    del config.default_hooks['sample_grid'], config.default_hooks['chain_reward']
    runner = Runner.from_cfg(config)
    check_labels(runner)  # mmrazor's generators know no classes: LabelDataset may ask for any
    with pytest.raises(ConfigError, match="needs model.generator.type='EBMGenerator' but found ZSKTGenerator"):
        runner.train()
