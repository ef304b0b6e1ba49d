"""Configs of the package, run for two iterations with small networks; what they load is made here.

Every component that a config names is in one of the runs, that with the smallest images; other combinations of
components are only built.
"""

import importlib.util
import json
import math
from functools import partial
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS

from genkd_mm.apis import train
from genkd_mm.apis.serve import Served
from genkd_mm.engine.runner.config import load_config

from ..processes import run_ranks
from .every import CONFIGS, NAMES, dicts, read

BATCH_SIZE, ITERATIONS, STUDENT_ITER = 4, 2, 2
# The smallest network of each kind, and its number of output channels.
BACKBONES = {
    'ResNet': (dict(stem_channels=4, base_channels=4), 32),
    'ResNet_CIFAR': (dict(stem_channels=4, base_channels=4), 32),
    'mmrazor.CIFARResNet': (dict(depth=8, stem_channels=4, base_channels=4), 16),
    'mmrazor.WideResNet': (dict(depth=10, widen_factor=1), 64),
    'mmrazor.SmoothWideResNet': (dict(depth=10, widen_factor=1, base_channels=4), 16),
    'mmrazor.SmallConvNet': (dict(width=4), 4),
    'VGG': (dict(num_stages=2, dilations=(1, 1), out_indices=(1,)), 128),
}


def components(config: Config) -> frozenset[str]:
    """What a run of the config is made of: the types that it names, and the layers that its distiller records."""
    parts = [part for key in ('model', 'default_hooks', 'optim_wrapper') for part in dicts(config[key])]
    recorded = {str(part['source']).replace('teacher.', '') for part in parts if 'source' in part}
    return frozenset({str(part['type']).rpartition('.')[2] for part in parts if 'type' in part} | recorded)


def representatives() -> tuple[list[str], list[str]]:
    """The first config with each component, those of the digits first; of the rest, one for each set of components."""
    chosen, seen, rest = [], set(), {}
    for name in sorted(NAMES, key=lambda name: ('digits' not in name, name)):
        parts = components(read(name))
        if not parts <= seen:
            chosen.append(name)
            seen |= parts
        else:
            rest.setdefault(parts, name)
    return sorted(chosen), sorted(rest.values())


RUN, BUILT = representatives()


def shrink(config: Config) -> None:
    """Small networks, short chains, few steps; everything else stays as the file has it."""
    smaller = dict(
        batch_size=BATCH_SIZE, num_workers=0, capacity=200, hidden_channels=8, window=2, student_iter=STUDENT_ITER
    )
    fitted = (config.model.get('distiller') or {}).get('connectors')  # to the channels of teacher and student
    for part in dicts(config._cfg_dict):
        if part.get('type') == 'ImageClassifier' and not (fitted and part['backbone']['type'] == 'ResNet_CIFAR'):
            changes, channels = BACKBONES[part['backbone']['type']]
            width = part['backbone'].get('base_channels')
            part['backbone'].update(changes)
            if part['neck']['type'] == 'mmrazor.FlattenNeck':
                part['head']['in_channels'] = part['head']['in_channels'] * changes['base_channels'] // width
                continue
            stages = part['backbone'].get('num_stages') if part['backbone']['type'] == 'ResNet_CIFAR' else None
            part['head']['in_channels'] = channels * 2 ** (stages or 4) // 2**4  # channels double from stage to stage
        part.update({name: value for name, value in smaller.items() if name in part})
        if part.get('num_steps'):
            part['num_steps'] = 3
        if part.get('type') == 'ChainRewardHook':
            part['num_chains'] = 8
    config.prerequisites = []


def replace_images(config: Config) -> None:
    """Synthetic images of the same shape and classes, through the config's own pipeline."""
    for loader in (config.train_dataloader, config.val_dataloader, config.test_dataloader):
        if loader.dataset.type != 'LabelDataset':
            loader.dataset = dict(
                type='SyntheticImages',
                num_classes=config.num_classes,
                length=20,
                image_shape=config.image_shape,
                pipeline=loader.dataset.pipeline,
            )


def hand_over(config: Config, folder: Path) -> None:
    """Write what the config loads, teachers, prior and connectors, with random weights, as their own runs write it."""
    model = config.model
    spec = dict(classes=[str(i) for i in range(config.num_classes)], image_shape=list(config.image_shape))

    def save(name: str, prefix: str, network: torch.nn.Module, **more) -> str:
        network.init_weights()
        state = {prefix + key: value for key, value in network.state_dict().items()}
        torch.save(dict(state_dict=state, **more), folder / name)
        return str(folder / name)

    for index, part in enumerate(dicts(model)):
        if 'ckpt_path' in part:
            part['ckpt_path'] = save(
                f'teacher{index}.pth',
                '',
                MODELS.build(part.get('build_cfg') or part['classifier']),
                data_spec=dict(spec, mean=config.mean, std=config.std),
            )
        if 'teacher_ckpt' in part:
            part['teacher_ckpt'] = save('teacher.pth', '', MODELS.build(part['teacher']))
        if part.get('type') == 'DiffusersAutoencoder' and part.get('init_cfg'):
            network = MODELS.build({**part, 'init_cfg': None, 'image_shape': config.image_shape})
            part['init_cfg']['checkpoint'] = save('autoencoder.pth', 'autoencoder.', network)
    for name, connector in ((model.get('distiller') or {}).get('connectors') or {}).items():
        if connector.get('init_cfg'):
            connector.init_cfg.checkpoint = save(
                f'{name}.pth', f'distiller.connectors.{name}.', MODELS.build({**connector, 'init_cfg': None})
            )
    generator = model.get('generator') or {}
    if generator.get('init_cfg'):
        network = MODELS.build({**generator, 'init_cfg': None})
        if network.decoder:
            network.decoder.trained = True  # as far as this test goes
        generator.init_cfg.checkpoint = save(
            'prior.pth',
            'generator.',
            network,
            chains=network.replay_buffer.state_dict(),
            chain_spec=network.chain_spec.to_dict(),
            data_spec=dict(spec, mean=[127.5], std=[127.5]),
        )


def random_probabilities(pixels: torch.Tensor, num_classes: int) -> torch.Tensor:
    return torch.rand(len(pixels), num_classes).softmax(1)


def serve_teachers(config: Config, start_server) -> None:
    """A server with random answers for each teacher that the config asks over HTTP."""
    for part in dicts(config.model):
        if part.get('type') == 'HTTPTeacher':
            answer = partial(random_probabilities, num_classes=part['num_classes'])
            served = Served(answer, tuple(config.image_shape), part['num_classes'])
            part['url'] = start_server(served).url


@pytest.fixture
def small(tmp_path, start_server):
    """Factory: a config with small networks, synthetic images and random checkpoints."""

    def make(name: str) -> Config:
        length = {'train_cfg.max_iters': ITERATIONS, 'train_cfg.val_interval': ITERATIONS}
        config = load_config(str(CONFIGS / name), length, str(tmp_path / 'work'))
        shrink(config)
        replace_images(config)
        serve_teachers(config, start_server)
        with DefaultScope.overwrite_default_scope('mmrazor'):
            hand_over(config, tmp_path)
        return config

    return make


@pytest.mark.parametrize('name', BUILT)
def test_networks_and_recorders_fit_each_other(name, one_process, small):
    MODELS.build(small(name).model)


@pytest.mark.parametrize('name', RUN)
def test_runs_and_tells_its_metrics(name, one_process, tmp_path, small):
    config = small(name)
    runner = train(config)

    assert runner.iter == ITERATIONS
    for tag, history in runner.message_hub.log_scalars.items():
        assert all(math.isfinite(value) for value in history.data[0]), tag
    final = torch.load(tmp_path / 'work/final.pth', weights_only=True)
    summary = json.loads((tmp_path / 'work/summary.json').read_text())
    if not hasattr(config.model, 'architecture'):  # the owner's side: what it hands over says what it is of
        assert 0 <= summary['top1'] <= 100
        assert tuple(final['data_spec']['image_shape']) == tuple(config.image_shape)
        assert ('chains' in final) == ('generator' in config.model)
        return
    assert 0 <= summary['student_top1'] <= 100
    assert list(summary['teacher_top1']) == list(config.model.get('teachers') or ['teacher'])
    assert all(0 <= accuracy <= 100 for accuracy in summary['teacher_top1'].values())
    assert summary['total_seconds'] > 0 and summary['student_params'] > 0
    if config.model.type == 'SingleTeacherDistill':
        assert summary['pseudo_samples'] is None
    elif config.model.type == 'GenKD':
        assert BATCH_SIZE * ITERATIONS <= summary['pseudo_samples'] <= BATCH_SIZE * ITERATIONS * STUDENT_ITER
        assert summary['chain_reward'] is not None and summary['student_seconds'] > 0
    else:
        steps = config.model.get('student_iter', 1)
        assert summary['pseudo_samples'] == BATCH_SIZE * ITERATIONS * steps


def test_two_ranks_under_mmrazors_own_script(tmp_path):
    config = load_config(str(CONFIGS / 'genkd_cifar100.py'), {'train_cfg.max_iters': ITERATIONS})
    shrink(config)
    replace_images(config)
    with DefaultScope.overwrite_default_scope('mmrazor'):
        hand_over(config, tmp_path)
    config.pop('work_dir')
    config.dump(tmp_path / 'config.py')
    script = Path(importlib.util.find_spec('mmrazor').origin).parent / '.mim/tools/train.py'
    work_dir = tmp_path / 'work'
    run_ranks('-m', 'genkd_mm', script, tmp_path / 'config.py', '--work-dir', work_dir, '--launcher', 'pytorch')
    summary = json.loads((work_dir / 'summary.json').read_text())
    assert 0 <= summary['teacher_top1']['teacher'] <= 100 and 0 <= summary['student_top1'] <= 100
    assert 2 * BATCH_SIZE * ITERATIONS <= summary['pseudo_samples'] <= 2 * BATCH_SIZE * ITERATIONS * STUDENT_ITER
    final = torch.load(work_dir / 'final.pth', weights_only=True)
    assert final['chains']['states'].shape == (200, 3, 32, 32)  # of both ranks
    assert not any('.module.' in name for name in final['state_dict'])
