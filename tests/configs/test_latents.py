"""The shipped configs in a latent space, stage after stage on synthetic images: each takes what those before wrote."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from genkd_mm.apis import audit, evaluate_samples, export, publish, sample, train
from genkd_mm.apis.cost import cost
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import unwrapped

from .every import CONFIGS
from .test_runs import replace_images, shrink

pytest.importorskip('diffusers')

SHORT = {'train_cfg.max_iters': 2, 'train_cfg.val_interval': 2}


def stages(size: int, folder: Path) -> dict[str, Config]:
    """The configs with small networks and synthetic images, each with a folder of its own."""
    final = {name: str(folder / name / 'final.pth') for name in ('teacher', 'autoencoder', 'prior')}
    files = dict(
        teacher=('teachers/resnet18', {}),
        autoencoder=('autoencoders/tiny', {'model.teacher_ckpt': final['teacher']}),
        prior=(
            'priors/energy_matching',
            {
                'model.generator.decoder.init_cfg.checkpoint': final['autoencoder'],
                'model.generator.replay_buffer.capacity': 60,
            },
        ),
        student=(
            'genkd',
            {
                'model.teachers.teacher.ckpt_path': final['teacher'],
                'model.generator.init_cfg.checkpoint': final['prior'],
                'model.generator.replay_buffer.capacity': 60,
                'model.refresh_interval': 1,
                'default_hooks.policy_gradient.interval': 1,
            },
        ),
    )
    made = {}
    for name, (path, changes) in files.items():
        made[name] = load_config(str(CONFIGS / f'{path}_fashion_mnist_{size}.py'), SHORT, str(folder / name))
        shrink(made[name])
        replace_images(made[name])
        made[name].val_dataloader.dataset.seed = 1
        made[name].merge_from_dict(changes)
    return made


def run(configs: dict[str, Config]) -> dict[str, Runner]:
    with DefaultScope.overwrite_default_scope('mmrazor'):
        return {name: train(config) for name, config in configs.items()}


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """Folder, config and runner of each stage at 64 pixels."""
    folder = tmp_path_factory.mktemp('latents')
    configs = stages(64, folder)
    return folder, configs, run(configs)


def require_latents(folder: Path, runner: Runner, size: int) -> None:
    """The student saw decoded latents at the teacher's size, and every checkpoint has the autoencoder's weights."""
    generator = unwrapped(unwrapped(runner.model).generator)
    states = generator.replay_buffer.states
    assert states.shape == (60, 4, 8, 8) and generator.to_images(states[:2]).shape == (2, 1, size, size)
    prior = torch.load(folder / 'prior/final.pth', weights_only=True)
    autoencoder = torch.load(folder / 'autoencoder/final.pth', weights_only=True)['state_dict']
    for name, value in generator.decoder.state_dict().items():
        assert torch.equal(value, autoencoder[f'autoencoder.{name}'])
        assert torch.equal(value, prior['state_dict'][f'generator.decoder.{name}'])
    assert not torch.equal(states, prior['chains']['states'])  # advanced, guided through the decoder
    assert prior['chain_spec']['clamp'] is False and prior['data_spec']['image_shape'] == [1, size, size]
    assert len(runner.message_hub.log_scalars['train/policy/reward'].data[0]) == 2


def test_a_teacher_of_64_pixels_from_the_owner_to_the_student(trained):
    folder, _, runners = trained
    require_latents(folder, runners['student'], 64)


def test_a_teacher_of_224_pixels_from_the_owner_to_the_student(tmp_path):
    configs = stages(224, tmp_path)
    for name in ('prior', 'student'):
        configs[name].default_hooks.sample_grid = None  # pictures of many large images take long
    require_latents(tmp_path, run(configs)['student'], 224)


def test_consumers_see_images_of_the_teachers_size(trained, tmp_path):
    folder, configs, _ = trained
    final = str(folder / 'student/final.pth')
    samples = sample(configs['student'], final, tmp_path / 'samples', 20)
    assert samples.metadata()['image_shape'] == [1, 64, 64] and len(samples.rows()) == 20
    found = evaluate_samples(configs['student'], str(tmp_path / 'samples'), tmp_path / 'quality')
    assert 0 <= found['agreement'] <= 1
    export(configs['student'], final, tmp_path / 'export')


def test_the_owner_audits_and_hands_over_what_a_consumer_takes(trained, tmp_path):
    folder, configs, _ = trained
    files = {}
    for name in ('teacher', 'prior'):
        configs[name].dump(tmp_path / f'{name}.py')
        files[name] = (str(tmp_path / f'{name}.py'), str(folder / name / 'final.pth'))
    publish(files['teacher'], files['prior'], tmp_path / 'published', 'CC0-1.0')
    report = json.loads((folder / 'prior/audit/audit.json').read_text())
    assert report['chains']['stored']['number'] == 60 and set(report['energy']) == {'f(x)', 'f(x, y)', 'log p(y | x)'}
    found = audit(configs['prior'], files['prior'][1], tmp_path / 'audit', fresh=10)
    assert found['chains']['fresh']['number'] == 10
    consumer = configs['student'].copy()
    consumer.merge_from_dict(
        {
            'model.teachers.teacher.ckpt_path': str(tmp_path / 'published/teacher.safetensors'),
            'model.generator.init_cfg.checkpoint': str(tmp_path / 'published/prior.safetensors'),
            'work_dir': str(tmp_path / 'work'),
        }
    )
    assert train(consumer).iter == 2


def test_the_cost_counts_encoder_and_decoder(trained):
    _, configs, _ = trained
    assert cost(configs['prior']).flops['encoder'] > 0
    found = cost(configs['student'])
    assert found.flops['decoder'] > 0 and found.bytes['decoder'] > 0
