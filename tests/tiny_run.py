"""A GenKD run on digits that takes a second: the real config with small networks and random checkpoints."""

import functools
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS

from genkd_mm.apis import train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group

CONFIGS = Path(__file__).parents[1] / 'configs'
ENERGY = {'backbone.base_channels': 4, 'head.in_channels': 16}
CLASSIFIER = {'backbone.base_channels': 4, 'backbone.stem_channels': 4, 'head.in_channels': 32}
PARTS = {
    'model.architecture': CLASSIFIER,
    'model.teachers.teacher.build_cfg': CLASSIFIER,
    'model.generator.energy.classifier': ENERGY,
}
SMALL = {f'{part}.{key}': value for part, changes in PARTS.items() for key, value in changes.items()}
RUN = {
    'model.student_iter': 2,
    'model.generator.replay_buffer.capacity': 100,
    'train_dataloader.batch_size': 10,
    'train_cfg.max_iters': 3,
    'train_cfg.val_interval': 3,
    'model.generator.sampler.num_steps': 5,
    'default_hooks.policy_gradient.window': 2,
    'default_hooks.policy_gradient.interval': 1,
    'model.refresh_interval': 1,
    'model.generator.sampler.guidance': [],
    'default_hooks.chain_reward.num_chains': 20,
    'val_dataloader.dataset.indices': 100,  # the first of 500 test images
    'test_dataloader.dataset.indices': 100,
    'visualizer.vis_backends': [],
}


@pytest.fixture
def one_process():
    """A process group, as tools/train.py starts it."""
    with process_group('none'):
        yield


def tiny_config(folder: Path, **overrides) -> Config:
    """The tiny config, with more overrides; ``folder`` holds its teacher, prior and work dir."""
    files = {
        'model.teachers.teacher.ckpt_path': str(folder / 'teacher.pth'),
        'model.generator.init_cfg.checkpoint': str(folder / 'prior.pth'),
    }
    path = str(CONFIGS / 'genkd_digits_maximum_likelihood.py')
    config = load_config(path, {**SMALL, **RUN, **files, **overrides}, str(folder / 'work'))
    config.prerequisites = []
    # mmengine's own Runner shares its records with all of the same name that started within the same second
    config.experiment_name = config.work_dir
    return config


@pytest.fixture
def tiny(tmp_path, one_process, tiny_files):
    """Factory: :func:`tiny_config` of ``tmp_path``."""
    for file in tiny_files:
        shutil.copy(file, tmp_path)
    return functools.partial(tiny_config, tmp_path)


@pytest.fixture(scope='session')
def tiny_work(tmp_path_factory, tiny_files) -> Path:
    """The work dir of a tiny run of three iterations, with its last checkpoint; not to be written to."""
    folder = tmp_path_factory.mktemp('tiny_run')
    for file in tiny_files:
        shutil.copy(file, folder)
    with process_group('none'):
        train(tiny_config(folder, **{'default_hooks.checkpoint.interval': 3}))
    return folder / 'work'


@pytest.fixture
def finished(tiny, tiny_work, tmp_path) -> Path:
    """A copy of :func:`tiny_work` as the work dir of ``tiny()``."""
    work = shutil.copytree(tiny_work, tmp_path / 'work')
    (work / 'last_checkpoint').write_text(str(work / 'iter_3.pth'))
    return work


@pytest.fixture(scope='session')
def tiny_files(tmp_path_factory) -> list[Path]:
    """A teacher and a prior of the tiny config, at random; not to be written to."""
    folder = tmp_path_factory.mktemp('tiny')
    config = load_config(str(CONFIGS / 'genkd_digits_maximum_likelihood.py'), SMALL | RUN)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmrazor'):
        teacher = MODELS.build(config.model.teachers.teacher.build_cfg)
        generator = MODELS.build({**config.model.generator, 'init_cfg': None})
        generator.init_weights()
    torch.save(dict(state_dict=teacher.state_dict()), folder / 'teacher.pth')
    torch.save(
        dict(
            state_dict={f'generator.{name}': value for name, value in generator.state_dict().items()},
            chains=generator.replay_buffer.state_dict(),
            data_spec=dict(classes=list('0123456789'), image_shape=[1, 8, 8], mean=[127.5], std=[127.5]),
        ),
        folder / 'prior.pth',
    )
    return [folder / 'teacher.pth', folder / 'prior.pth']
