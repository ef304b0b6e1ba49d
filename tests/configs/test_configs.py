"""Every config, read as tools/train.py reads it."""

import copy
import hashlib
import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmrazor.registry import DATASETS, MODELS, PARAM_SCHEDULERS

from genkd_mm.datasets import SVHN
from genkd_mm.engine.runner.schedule import require_iterations, schedule
from genkd_mm.utils import ConfigError

from .every import CONFIGS, NAMES, dicts, read

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


def depth(path: Path) -> int:
    """How many files a chain of ``_base_`` has at most, the config's own included."""
    text = re.search(r'^_base_ = \[(.*?)\]', path.read_text(), re.DOTALL | re.MULTILINE)
    bases = re.findall(r"'(.+?)'", text[1]) if text else []
    return 1 + max((depth(path.parent / base) for base in bases), default=0)


def rates(config: Config) -> list[list[float]]:
    """The learning rate in each iteration, as a multiple of the optimizer's, for each part of the schedule."""
    schedules = config.param_scheduler
    if isinstance(schedules, list) or 'type' in schedules:
        schedules = dict(all=schedules)
    return [
        _rates(part if isinstance(part, list) else [part], config.train_cfg.max_iters) for part in schedules.values()
    ]


def _rates(schedulers: list[dict], max_iters: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    built = [  # as Runner does, to whose end a schedule lasts that has none of its own
        PARAM_SCHEDULERS.build({'end': max_iters, **scheduler, 'optimizer': optimizer}) for scheduler in schedulers
    ]
    found = []
    for _ in range(max_iters):
        found.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        for scheduler in built:
            scheduler.step()
    return found


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
    assert (CONFIGS / name).read_text().startswith('# ') and depth(CONFIGS / name) <= 3
    for key in ('model', 'train_dataloader', 'optim_wrapper', 'train_cfg', 'val_dataloader', 'val_evaluator'):
        assert config.get(key), key
    require_iterations(copy.deepcopy(config))


@pytest.mark.parametrize(
    'folder', ['.', 'teachers', 'autoencoders', 'priors', 'baselines', 'mix', 'offline', 'ablations']
)
def test_each_folder_lists_its_configs(folder):
    page = (CONFIGS / folder / 'README.md').read_text()
    listed = [re.sub(r'\*', '.*', name) for name in re.findall(r'`([\w*]+(?:\.py|\*))`', page)]
    for path in (CONFIGS / folder).glob('*.py'):
        assert any(re.fullmatch(name, path.name) for name in listed), path.name


# One config for each schedule.
SCHEDULES = {repr((read(name).get('param_scheduler'), read(name).train_cfg)): name for name in NAMES}


@pytest.mark.parametrize('name', sorted(SCHEDULES.values()))
def test_a_short_run_keeps_the_shape_of_its_schedule(name):
    def fitted(max_iters: int) -> Config:
        config = copy.deepcopy(read(name))
        config.merge_from_dict(schedule(config, max_iters))
        return config

    for max_iters in (1, 3):
        config = fitted(max_iters)
        assert all(len(part) == max_iters for part in rates(config))
        assert 1 <= config.train_cfg.val_interval <= max_iters
    for part in rates(fitted(40)):
        assert max(part) == pytest.approx(1, abs=0.01)  # a warm-up has ended
        assert part[-1] < 0.1 or set(part) == {1.0}  # the rate has fallen, or has no schedule


WITH_PREREQUISITES = [
    name
    for name in NAMES
    if name.startswith(('genkd_', 'autoencoders/', 'priors/', 'baselines/')) and name != 'genkd_digits_consumer.py'
]


@pytest.mark.parametrize('name', WITH_PREREQUISITES)
def test_prerequisites_make_what_the_config_loads(name):
    config = read(name)
    prerequisites = config.get('prerequisites', [])
    made = {}
    for prerequisite in prerequisites:
        assert set(prerequisite) == {'config', 'checkpoint'}
        path, checkpoint = Path(prerequisite.config).resolve(), Path(prerequisite.checkpoint)
        assert path.is_file() and path.parent.parent == CONFIGS
        assert checkpoint == Path('work_dirs', path.parent.name, path.stem, 'final.pth')
        assert read(str(path.relative_to(CONFIGS))).default_hooks.checkpoint.type == 'GenKDCheckpointHook'
        made[path.parent.name] = prerequisite.checkpoint
    model = config.model
    loads = dict(
        teachers=next((part.ckpt_path for part in dicts(model.get('teachers')) if 'ckpt_path' in part), None)
        or model.get('teacher_ckpt'),
        autoencoders=(((model.get('generator') or {}).get('decoder') or {}).get('init_cfg') or {}).get('checkpoint'),
        priors=((model.get('generator') or {}).get('init_cfg') or {}).get('checkpoint'),
        baselines=config.train_dataloader.dataset.get('checkpoint'),
    )
    assert made == {folder: checkpoint for folder, checkpoint in loads.items() if checkpoint}
    assert not made or not name.startswith('priors/jem')  # the owner's prior needs nothing but the data


def test_the_consumer_needs_no_run_of_an_owner():
    config = read('genkd_digits_consumer.py')
    files = config.model.teachers.teacher.ckpt_path, config.model.generator.init_cfg.checkpoint
    assert config.prerequisites == [] and all(Path(name).resolve().is_relative_to(CONFIGS) for name in files)
    assert sum(Path(name).stat().st_size for name in files) < 3e6
    card = yaml.safe_load((CONFIGS / 'published/digits/README.md').read_text().split('---\n')[1])
    assert card['license'] == 'CC-BY-4.0'
    assert card['sha256'] == {Path(name).name: hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in files}


@pytest.mark.parametrize(
    'data, prior', [('digits', ''), ('fashion_mnist', '_maximum_likelihood'), ('cifar10_small', '_maximum_likelihood')]
)
def test_the_policy_gradient_is_all_that_its_configs_add(data, prior):
    names = f'baselines/policy_gradient_{data}.py', f'genkd_{data}{prior}.py'
    tuned, plain = (read(name).to_dict() for name in names)
    assert tuned['default_hooks'].pop('policy_gradient')['type'] == 'PolicyGradientHook'
    assert {**tuned, 'work_dir': None} == {**plain, 'work_dir': None}


@pytest.mark.parametrize('data, name', PAIRS)
def test_both_sides_speak_of_the_same_networks_and_images(data, name):
    run = read(name)
    teacher, prior = (
        read(str(Path(prerequisite.config).resolve().relative_to(CONFIGS))) for prerequisite in run.prerequisites
    )
    assert run.model.teachers.teacher.build_cfg == teacher.model
    generator, trained = run.model.generator, prior.model.generator
    for part in ('energy', 'replay_buffer', 'image_shape'):
        assert generator[part] == trained[part], part
    assert generator.image_shape == (3, 32, 32)
    assert run.train_dataloader.dataset == dict(type='LabelDataset', num_classes=DATA_SETS[data])
    assert run.model.data_preprocessor == teacher.data_preprocessor and not run.model.data_preprocessor.to_rgb
    assert prior.model.data_preprocessor.mean == prior.model.data_preprocessor.std == [127.5]


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


def write_svhn(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    savemat = pytest.importorskip('scipy.io').savemat
    savemat(folder / 'test_32x32.mat', dict(X=images, y=labels))


def svhn_test_split(folder: Path):
    return build(DATASETS, {**read('genkd_svhn.py').val_dataloader.dataset, 'data_root': str(folder)})


def test_svhn_is_read_image_by_image_and_ten_is_zero(tmp_path, monkeypatch):
    monkeypatch.setattr('torchvision.datasets.SVHN._check_integrity', lambda self: True)
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
    (tmp_path / 'test_32x32.mat').write_bytes(b'<html>not found</html>' * 100)
    with pytest.raises(ConfigError, match='or it is damaged'):
        svhn_test_split(tmp_path)
    with pytest.raises(ConfigError, match="SVHN.split is 'val'; expected train, test or extra"):
        SVHN(str(tmp_path), 'val')
