"""Bad input stops before training, with one sentence that says what to do."""

from pathlib import Path

import pytest
import torch

from genkd_mm.apis.arguments import config_parser
from genkd_mm.apis.train import train, train_prerequisite
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError

from ..engine.runner.teacher_run import teacher_run

CONFIGS = Path(__file__).parents[2] / 'configs'
HOOK = 'default_hooks.policy_gradient.'
SAMPLER = 'model.generator.sampler.'


def refused(config, words):
    """Train ``config``; it must stop with a sentence that matches, before any iteration."""
    with pytest.raises(ConfigError, match=words) as caught:
        train(config)
    sentence = str(caught.value)
    assert '\n' not in sentence
    return sentence


@pytest.mark.parametrize(
    'overrides, words',
    [
        (
            {HOOK + 'estimator': 'reinforce'},
            "estimator is 'reinforce'; expected one of autograd, finite_difference, marg",
        ),
        ({HOOK + 'baseline': 'median'}, "baseline is 'median'; expected one of none, batch_mean, leave_one_out"),
        (
            {HOOK + 'reward.0.type': 'Beauty'},
            r"reward\[0\].type is 'Beauty', which is no criterion; expected one of Batch",
        ),
        ({HOOK + 'reward.0.tau': 3}, r'reward\[0\] does not fit TeacherCrossEntropy'),
        ({HOOK + 'window': 6}, 'window is 6 but the chain has 5 steps'),
        ({HOOK + 'window': 0}, 'window is 0; expected 1 or more'),
        ({SAMPLER + 'noise_std': 0.0}, 'noise_std is 0'),
        ({'train_dataloader.batch_size': 101}, 'batch of 101 chains was asked for but each rank keeps 100'),
        ({'model.generator.image_shape': (1, 16, 16)}, r'prior.pth\) was trained with image_shape=\(1, 8, 8\) but'),
        ({'model.generator.image_shape': (3, 8, 8)}, 'generator.energy does not take images of shape'),
        ({'model.architecture.head.num_classes': 12}, 'The student has 12 outputs but the images are of 10 classes'),
        ({'model.generator.energy.classifier.head.num_classes': 12}, 'has 10 outputs but the images are of 12 classes'),
        (
            {
                'model.generator.energy.classifier.backbone.widen_factor': 2,
                'model.generator.energy.classifier.head.in_channels': 32,
            },
            r'prior.pth\) does not fit the model in the config: of \d+ parameters and buffers, .* of another shape',
        ),
        (
            {
                'model.teachers.teacher.build_cfg.backbone.base_channels': 8,
                'model.teachers.teacher.build_cfg.head.in_channels': 64,
            },
            r'teacher.pth\) does not fit the model',
        ),
        ({'model.generator.energy.classifier.backbone.activation': 'ReLU'}, 'has a ReLU .* needs a smooth'),
        (
            {'model.generator.init_cfg.checkpoint': 'nowhere.pth'},
            "init_cfg.checkpoint is 'nowhere.pth', which does not",
        ),
        (
            {'model.teachers.teacher.ckpt_path': 'nowhere.pth'},
            "teacher.ckpt_path is 'nowhere.pth', which does not exist",
        ),
        ({'model.student_iter': 0}, 'student_iter is 0'),
        ({HOOK + 'estimator': 'marginal', HOOK + 'baseline': 'none'}, 'the marginal estimator is a covariance'),
        ({'train_dataloader.dataset.num_classes': 12}, 'dataset.num_classes is 12 but the networks know 10'),
        ({'model.architecture.backbone.in_channels': 3}, 'The student does not take images of shape'),
    ],
)
def test_one_sentence(tiny, overrides, words):
    refused(tiny(**overrides), words)


@pytest.mark.parametrize(
    'name, key',
    [
        ('priors/jem_wrn10x1_digits.py', 'model.generator.energy.classifier.head.num_classes'),
        ('teachers/resnet18_digits.py', 'model.head.num_classes'),
        ('baselines/real_digits.py', 'model.architecture.head.num_classes'),
    ],
)
def test_labels_outside_the_classes(tmp_path, one_process, name, key):
    config = load_config(str(CONFIGS / name), {key: 5, 'prerequisites': []}, str(tmp_path / 'work'))
    if 'teacher' in config.model:
        config.model.teacher_ckpt = None
    refused(config, 'train_dataloader.dataset has the label 5 but the networks have 5 outputs, 0 to 4')


def test_a_missing_optimizer_of_the_generator(tiny):
    config = tiny()
    del config.optim_wrapper['generator'], config.param_scheduler['generator']
    refused(config, 'no optim_wrapper.generator')


@pytest.mark.parametrize('temperature', [None, 0.5])
def test_no_prior_and_no_proxy_data(tiny, temperature):
    config = tiny(**{f'{HOOK}temperature': temperature, f'{HOOK}credit': 'end'})
    config.model.generator.init_cfg = None
    refused(config, 'init_cfg names no prior; .* or PolicyGradientHook.positives, without a temperature, to a data')


def test_a_preprocessor_without_mean(tiny):
    config = tiny()
    config.model.data_preprocessor = dict(type='mmpretrain.ClsDataPreprocessor', num_classes=10)
    refused(config, 'data_preprocessor gives no mean and std')


def test_connectors_that_no_optimizer_holds(tiny):
    config = tiny()
    config.model.distiller.connectors = dict(fc=dict(type='ConvModuleConnector', in_channel=10, out_channel=10))
    refused(config, "2 parameters to train .* set optim_wrapper.constructor='GenKDOptimWrapperConstructor'")


@pytest.mark.parametrize(
    'content, words',
    [
        (None, "connectors.fc.init_cfg.checkpoint is '.*connector.pth', which does not exist"),
        ({'distiller.connectors.other.weight': torch.zeros(1)}, "which holds nothing under 'distiller.connectors.fc.'"),
        ({'distiller.connectors.fc.weight': torch.zeros(1)}, r'connector.pth\) does not fit the model'),
    ],
)
def test_a_connectors_checkpoint_that_does_not_fit(tiny, tmp_path, content, words):
    if content:
        torch.save(dict(state_dict=content), tmp_path / 'connector.pth')
    config = tiny()
    config.model.distiller.connectors = dict(
        fc=dict(
            type='ConvModuleConnector',
            in_channel=10,
            out_channel=10,
            init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'connector.pth')),
        )
    )
    refused(config, words)


def test_a_memory_with_fewer_rows_than_chains(tiny):
    config = tiny()
    config.model.distiller.distill_losses.loss_crd = dict(type='CRDLoss', sample_n=99)
    refused(config, 'distill_losses.loss_crd.sample_n is 99 but the replay buffer keeps 100 chains')


def test_cfg_options_that_fit_nothing(tiny):
    with pytest.raises(ConfigError, match='--cfg-options does not fit'):
        tiny(**{'model.teachers.teacher.ckpt_path.0': 3})


def test_an_energy_with_batch_norm(tiny):
    config = tiny()
    config.model.generator.energy = dict(type='ClassifierEnergy', classifier=config.model.architecture)
    config.model.generator.init_cfg = None
    refused(config, 'needs a smooth, norm-free network')


def test_a_teacher_is_no_prior(tiny, tmp_path):
    refused(tiny(**{'model.generator.init_cfg.checkpoint': str(tmp_path / 'teacher.pth')}), 'is no prior')


@pytest.mark.parametrize(
    'change, words',
    [
        (dict(classes=['a', 'b']), r'num_classes=2 but the config expects num_classes=10'),
        (dict(image_shape=[1, 28, 28]), r'image_shape=\(1, 28, 28\) but the config expects'),
        (dict(mean=[0.0]), r'mean=\(0.0,\) but the config expects mean=\(77.8'),
    ],
)
def test_a_teacher_of_other_data(tiny, tmp_path, change, words):
    path = tmp_path / 'teacher.pth'
    checkpoint = torch.load(path, weights_only=True)
    spec = dict(classes=list('0123456789'), image_shape=[1, 8, 8], mean=[77.8], std=[95.9])
    torch.save(dict(**checkpoint, data_spec={**spec, **change}), path)
    refused(tiny(), words)


def test_a_damaged_prior(tiny, tmp_path):
    path = tmp_path / 'prior.pth'
    path.write_bytes(path.read_bytes()[:2000])
    refused(tiny(), 'prior.pth.*is not a readable checkpoint')


def test_a_teacher_of_a_stock_algorithm_is_checked_too(tiny, tmp_path):
    config = tiny(
        **{
            'model.teachers.teacher.build_cfg.backbone.base_channels': 8,
            'model.teachers.teacher.build_cfg.head.in_channels': 64,
        }
    )
    del config.model['cache_teacher'], config.model['refresh_interval']
    config.model.update(type='DataFreeDistillation', generator_distiller=dict(type='ConfigurableDistiller'))
    refused(config, r'teacher.pth\) does not fit the model')


def test_a_config_file_that_is_not_there():
    with pytest.raises(ConfigError, match="'nowhere.py' does not exist"):
        load_config('nowhere.py')


def test_a_config_file_that_fails_is_named_with_its_reason(tmp_path):
    (tmp_path / 'broken.py').write_text('width = 1 / 0\n')
    with pytest.raises(ConfigError, match='broken.py. cannot be read: ZeroDivisionError: division by zero'):
        load_config(str(tmp_path / 'broken.py'))


def test_a_prerequisite_that_does_not_make_its_checkpoint(tiny, tmp_path):
    path = tmp_path / 'other.py'
    config = tiny()
    config.pop('work_dir')
    config.dump(path)
    with pytest.raises(ConfigError, match='other.py has been trained but did not write .*best.pth'):
        train_prerequisite(dict(config=str(path), checkpoint=str(tmp_path / 'x' / 'best.pth')), 'none')
    assert (tmp_path / 'x' / 'final.pth').is_file()  # the work that was done is still there


@pytest.mark.parametrize('begun', [False, True])
def test_a_prerequisite_tells_of_a_start_from_the_beginning_only_if_it_had_begun(tmp_path, begun):
    config, folder = teacher_run(tmp_path, **{'train_cfg.max_iters': 1}), tmp_path / 'teacher'
    config.pop('work_dir')
    config.dump(tmp_path / 'teacher.py')
    if begun:
        folder.mkdir()
    train_prerequisite(dict(config=str(tmp_path / 'teacher.py'), checkpoint=str(folder / 'final.pth')), 'none')
    log = next(folder.glob('*/*.log')).read_text()
    assert (f'There is no checkpoint in {folder}: training starts from the beginning' in log) == begun


@pytest.mark.parametrize(
    'recorder',
    [
        dict(type='ModuleInputs', source='teacher.head.fc'),
        dict(type='ModuleOutputs', source='teacher.backbone'),  # a tuple
        dict(type='Parameter', source='teacher.head.fc.weight'),
    ],
)
def test_a_record_that_cannot_be_kept_for_each_chain(tiny, recorder):
    config = tiny(**{'model.cache_teacher': True})
    config.model.distiller.teacher_recorders.other = recorder
    refused(config, 'model.cache_teacher is True but model.distiller.teacher_recorders.other does not record')


@pytest.mark.parametrize('option', ['a=[dict(x=1,y=2)]', 'learning_rate'])
def test_cfg_options_that_cannot_be_read(option, capsys):
    with pytest.raises(SystemExit) as ended:
        config_parser('tool').parse_args(['config.py', '--cfg-options', option])
    assert ended.value.code == 2 and f'--cfg-options is {option}; expected KEY=VALUE' in capsys.readouterr().err
