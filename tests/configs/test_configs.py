"""Every config, read as tools/train.py reads it; one of them run as users start it, in one and in two processes."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmrazor.registry import DATASETS, MODELS

from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError

REPO = Path(__file__).parents[2]
CONFIGS = REPO / 'configs'
NAMES = sorted(
    str(path.relative_to(CONFIGS)) for path in CONFIGS.rglob('*.py') if not {'_base_', 'ablations'} & set(path.parts)
)
DATA_SETS = dict(cifar10=10, cifar100=100, svhn=10)
PAIRS = [
    (data, name) for data in DATA_SETS for name in NAMES if re.match(rf'genkd_{data}[._]', name) and 'small' not in name
]
SYNTHETIC = dict(
    type='SyntheticImages',
    num_classes=100,
    image_shape=[3, 32, 32],
    length=20,
    pipeline=[dict(type='mmpretrain.PackInputs')],
)

BATCH_SIZE, ITERATIONS = 4, 2
CLASSIFIER = {'backbone.base_channels': 8, 'backbone.stem_channels': 8, 'head.in_channels': 64}
ENERGY = {'backbone.depth': 10, 'backbone.widen_factor': 1, 'head.in_channels': 64}
PARTS = {
    'model.architecture': CLASSIFIER,
    'model.teachers.teacher.build_cfg': CLASSIFIER,
    'model.generator.energy.classifier': ENERGY,
}
SMALL = {f'{part}.{key}': value for part, changes in PARTS.items() for key, value in changes.items()}
SMALL |= {
    'model.student_iter': 1,
    'model.generator.sampler.num_steps': 3,
    'default_hooks.policy_gradient.window': 2,
    'model.generator.replay_buffer.capacity': 200,
    'train_dataloader.batch_size': BATCH_SIZE,
    'train_cfg.max_iters': ITERATIONS,
    'val_dataloader.num_workers': 0,
    'default_hooks.chain_reward.num_chains': 8,
    'prerequisites': [],
}


def read(name: str, **overrides) -> Config:
    return load_config(str(CONFIGS / name), overrides)


def package(name: str) -> Path:
    """The folder that a package is installed in."""
    return Path(importlib.util.find_spec(name).origin).parent


def build(registry, config: dict):
    with DefaultScope.overwrite_default_scope('mmrazor'):
        return registry.build(config)


@pytest.mark.parametrize('name', NAMES)
def test_every_config_says_what_is_trained_on_what(name):
    config = read(name)
    assert config.custom_imports == dict(imports=['genkd_mm']) and config.default_scope == 'mmrazor'
    assert (CONFIGS / name).read_text().startswith('# ')
    for key in ('model', 'train_dataloader', 'optim_wrapper', 'train_cfg', 'val_dataloader', 'val_evaluator'):
        assert config.get(key), key


@pytest.mark.parametrize('name', [name for name in NAMES if name.startswith(('genkd_', 'priors/', 'baselines/'))])
def test_prerequisites_make_what_the_config_loads(name):
    config = read(name)
    prerequisites = config.get('prerequisites', [])
    made = {}
    for prerequisite in prerequisites:
        assert set(prerequisite) == {'config', 'checkpoint'}
        path, checkpoint = Path(prerequisite.config).resolve(), Path(prerequisite.checkpoint)
        assert path.is_file() and path.parent.parent == CONFIGS
        assert checkpoint == Path('work_dirs', path.parent.name, path.stem, 'final.pth')
        assert load_config(str(path)).default_hooks.checkpoint.type == 'GenKDCheckpointHook'
        made[path.parent.name] = prerequisite.checkpoint
    model = config.model
    loads = dict(
        teachers=model.teachers.teacher.ckpt_path if 'teachers' in model else model.get('teacher_ckpt'),
        priors=((model.get('generator') or {}).get('init_cfg') or {}).get('checkpoint'),
        baselines=config.train_dataloader.dataset.get('checkpoint'),
    )
    assert made == {folder: checkpoint for folder, checkpoint in loads.items() if checkpoint}
    assert not made or not name.startswith('priors/jem')  # the owner's prior needs nothing but the data


@pytest.mark.parametrize('data, name', PAIRS)
def test_both_sides_speak_of_the_same_networks_and_images(data, name):
    run = read(name)
    teacher, prior = (load_config(prerequisite.config) for prerequisite in run.prerequisites)
    assert len((CONFIGS / name).read_text().splitlines()) < 30
    assert run.model.teachers.teacher.build_cfg == teacher.model
    generator, trained = run.model.generator, prior.model.generator
    for part in ('energy', 'replay_buffer', 'image_shape'):
        assert generator[part] == trained[part], part
    assert generator.image_shape == (3, 32, 32)
    assert run.train_dataloader.dataset == dict(type='LabelDataset', num_classes=DATA_SETS[data])
    assert run.model.data_preprocessor == teacher.data_preprocessor and not run.model.data_preprocessor.to_rgb
    assert prior.model.data_preprocessor.mean == prior.model.data_preprocessor.std == [127.5]


PAPER = dict(cifar10=(10000, 5e-5, (0.4, 0.6)), cifar100=(40000, 1e-4, (0.3, 0.7)), svhn=(10000, 3e-5, (0.4, 0.6)))


@pytest.mark.parametrize('data, name', PAIRS)
def test_settings_of_the_paper(data, name):
    config, (chains, rate, weights) = read(name), PAPER[data]
    student, energy = config.optim_wrapper.architecture.optimizer, config.optim_wrapper.generator.optimizer
    assert student == dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=5e-4)
    assert energy == dict(type='Adam', lr=rate)
    losses = config.model.distiller.distill_losses
    assert (losses.loss_ce.loss_weight, losses.loss_kl.loss_weight, losses.loss_kl.tau) == (*weights, 4)
    assert config.model.generator.replay_buffer.capacity == chains
    sampler, hook = config.model.generator.sampler, config.default_hooks.policy_gradient
    assert (sampler.num_steps, sampler.step_size, sampler.noise_std, hook.window) == (20, 1.0, 0.01, 5)
    guidance = {criterion.type: criterion.weight / 0.2 for criterion in sampler.guidance}
    assert guidance == pytest.approx(dict(TeacherCrossEntropy=1, Disagreement=-1, ImageNorm=2e-5))
    epoch = chains / config.train_dataloader.batch_size / config.model.student_iter  # in train steps
    assert config.train_cfg.max_iters / epoch == pytest.approx(300, abs=0.1)
    assert [m / epoch for m in config.param_scheduler.architecture.milestones] == pytest.approx(
        [150, 180, 210, 250], abs=0.1
    )


@pytest.mark.parametrize('data, images', [('cifar10', 50000), ('cifar100', 50000), ('svhn', 73257)])
def test_priors_train_for_200_epochs(data, images):
    config = read(f'priors/jem_wrn28x10_{data}.py')
    epoch = images / config.train_dataloader.batch_size
    warm_up, decay = config.param_scheduler
    assert config.train_cfg.max_iters / epoch == pytest.approx(200, abs=0.1)
    assert [m / epoch for m in decay.milestones] == pytest.approx([160, 180], abs=0.1)
    assert (warm_up.end, decay.gamma) == (1000, 0.3)


@pytest.mark.parametrize('data', DATA_SETS)
@pytest.mark.parametrize('side', ['teachers/resnet34', 'priors/jem_wrn28x10'])
def test_pipelines_keep_the_shape_and_flip_no_digit(side, data):
    dataset = read(f'{side}_{data}.py').train_dataloader.dataset
    flips = [step for step in dataset.pipeline if step.type.endswith('RandomFlip')]
    assert len(flips) == (0 if data == 'svhn' else 1)
    images = build(DATASETS, SYNTHETIC | dict(pipeline=dataset.pipeline))
    crops = torch.stack([images[0]['inputs'] for _ in range(20)])
    assert crops.shape == (20, 3, 32, 32) and crops.dtype == torch.uint8
    assert (crops != crops[0]).any()


@pytest.mark.parametrize('role, depth', [('teacher', 34), ('student', 18)])
def test_published_weights_of_mmpretrain_fit(role, depth):
    published = Config.fromfile(package('mmpretrain') / f'.mim/configs/resnet/resnet{depth}_8xb16_cifar10.py').model
    networks = build(MODELS, read('genkd_cifar10.py')[role]), build(MODELS, dict(published, _scope_='mmpretrain'))
    one, other = ({name: value.shape for name, value in network.state_dict().items()} for network in networks)
    assert one == other


def test_networks_of_cifar100_tell_a_hundred_classes_apart():
    config = read('genkd_cifar100.py')
    for name in ('teacher', 'student', 'energy_net'):
        network = build(MODELS, config[name]).eval()
        with torch.no_grad():
            assert network(torch.zeros(1, 3, 32, 32), mode='tensor').shape == (1, 100), name


def write_svhn(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    savemat = pytest.importorskip('scipy.io').savemat
    savemat(folder / 'test_32x32.mat', dict(X=images, y=labels))


def svhn_test_split(folder: Path):
    return build(
        DATASETS, read('genkd_svhn.py', **{'val_dataloader.dataset.data_root': str(folder)}).val_dataloader.dataset
    )


def test_svhn_is_read_image_by_image_and_ten_is_zero(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 5), dtype=np.uint8)
    write_svhn(tmp_path, images, np.array([[1], [10], [9], [2], [10]], dtype=np.uint8))
    dataset = svhn_test_split(tmp_path)
    assert list(dataset.get_gt_labels()) == [1, 0, 9, 2, 0] and dataset.metainfo['classes'] == tuple('0123456789')
    for index in range(5):
        item = dataset[index]
        assert torch.equal(item['inputs'], torch.from_numpy(images[..., index].transpose(2, 0, 1).copy()))
        assert item['data_samples'].gt_label.item() == [1, 0, 9, 2, 0][index]


def test_svhn_without_its_files_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match=r'SVHN.data_root has no file .*test_32x32\.mat.* download .*format 2'):
        svhn_test_split(tmp_path)
    write_svhn(tmp_path, np.zeros((32, 32, 3, 5), dtype=np.uint8), np.ones((4, 1), dtype=np.uint8))
    with pytest.raises(ConfigError, match='5.*4 labels'):
        svhn_test_split(tmp_path)
    (tmp_path / 'test_32x32.mat').write_bytes(b'<html>not found</html>' * 100)
    with pytest.raises(ConfigError, match='cannot be read'):
        svhn_test_split(tmp_path)


@pytest.fixture(scope='module')
def owner(tmp_path_factory) -> Path:
    """What the owner of the data hands over, with random weights: teacher.pth and prior.pth of small networks."""
    folder = tmp_path_factory.mktemp('owner')
    config = read('genkd_cifar100.py', **SMALL)
    preprocessor, classes = config.model.data_preprocessor, [str(i) for i in range(100)]
    teacher = build(MODELS, config.model.teachers.teacher.build_cfg)
    generator = build(MODELS, {**config.model.generator, 'init_cfg': None})
    for network in (teacher, generator):
        network.init_weights()
    generator.replay_buffer.mark_seen(torch.arange(len(generator.replay_buffer)))  # as training the prior does
    torch.save(
        dict(
            state_dict=teacher.state_dict(),
            data_spec=dict(classes=classes, image_shape=[3, 32, 32], mean=preprocessor.mean, std=preprocessor.std),
        ),
        folder / 'teacher.pth',
    )
    torch.save(
        dict(
            state_dict={f'generator.{name}': value for name, value in generator.state_dict().items()},
            chains=generator.replay_buffer.state_dict(),
            data_spec=dict(classes=classes, image_shape=[3, 32, 32], mean=[127.5], std=[127.5]),
        ),
        folder / 'prior.pth',
    )
    return folder


TRAIN = str(REPO / 'tools/train.py')
MMRAZOR_TRAIN = str(package('mmrazor') / '.mim/tools/train.py')
TORCHRUN = ['-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', '2']


@pytest.mark.parametrize(
    'start, launcher, world_size',
    [
        ([TRAIN], 'none', 1),
        ([*TORCHRUN, TRAIN], 'pytorch', 2),
        ([*TORCHRUN, '-m', 'genkd_mm', MMRAZOR_TRAIN], 'pytorch', 2),
    ],
    ids=['one_process', 'torchrun', 'torchrun_mmrazor'],
)
def test_cifar100_runs(owner, tmp_path, start, launcher, world_size):
    # --cfg-options has no way to write a list of dicts, hence a child config for the data set's pipeline
    config = tmp_path / 'genkd_cifar100_synthetic.py'
    config.write_text(
        f'_base_ = [{str(CONFIGS / "genkd_cifar100.py")!r}]\n'
        f'val_dataloader = dict(dataset={SYNTHETIC | dict(_delete_=True)!r})\n'
    )
    options = SMALL | {
        'model.teachers.teacher.ckpt_path': owner / 'teacher.pth',
        'model.generator.init_cfg.checkpoint': owner / 'prior.pth',
    }
    work_dir = tmp_path / 'work'
    result = subprocess.run(
        [
            sys.executable,
            *start,
            str(config),
            '--work-dir',
            str(work_dir),
            '--launcher',
            launcher,
            '--cfg-options',
            *(f'{key}={value}' for key, value in options.items()),
        ],
        cwd=tmp_path,
        env=os.environ | dict(OMP_NUM_THREADS='1', PYTHONPATH=str(REPO), CUDA_VISIBLE_DEVICES=''),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    summary = json.loads((work_dir / 'summary.json').read_text())
    # Every train step shows the student one batch of fresh chains on each rank, and nothing else.
    assert summary['pseudo_samples'] == ITERATIONS * BATCH_SIZE * world_size
    assert 0 <= summary['teacher_top1']['teacher'] <= 100 and 0 <= summary['student_top1'] <= 100
    log = next(work_dir.glob('*/*.log')).read_text()
    assert f'Before training, teacher teacher: accuracy/top1 {summary["teacher_top1"]["teacher"]:.2f}' in log
    final = torch.load(work_dir / 'final.pth', weights_only=True)
    assert final['chains']['states'].shape == (SMALL['model.generator.replay_buffer.capacity'], 3, 32, 32)
    assert not any('.module.' in name for name in final['state_dict'])
