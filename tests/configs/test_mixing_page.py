"""docs/mixing.md: its snippet works in mmrazor's own config. configs/mix/README.md tells what the configs have."""

import importlib.util
import math
import re
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS

from genkd_mm.apis import train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group
from genkd_mm.utils import unwrapped

REPO = Path(__file__).parents[2]
PAGE = (REPO / 'docs/mixing.md').read_text()
MIX = REPO / 'configs/mix'
DAFL = (
    Path(importlib.util.find_spec('mmrazor').origin).parent
    / '.mim/configs/distill/mmcls/dafl/dafl_logits_resnet34_resnet18_8xb256_cifar10.py'
)
# What a test cannot have: a download, CIFAR-10, and time.
TOY = {
    'model.teachers.res34.build_cfg.pretrained': False,
    'model.student_iter': 2,
    'model.generator.energy.classifier.backbone.depth': 10,
    'model.generator.sampler.num_steps': 5,
    'model.generator.energy.classifier.backbone.widen_factor': 1,
    'model.generator.replay_buffer.capacity': 100,
    'model.generator.energy.classifier.head.in_channels': 64,
    'train_dataloader.batch_size': 4,
    'train_cfg.max_iters': 2,
    'train_cfg.val_interval': 2,
    'param_scheduler.architecture.1.begin': 1,
    'val_dataloader.num_workers': 0,
}
IMAGES = dict(
    type='mmrazor.SyntheticImages',
    num_classes=10,
    image_shape=[3, 32, 32],
    length=8,
    pipeline=[dict(type='PackInputs')],
)


def test_the_snippet_turns_mmrazors_dafl_config_into_genkd(tmp_path):
    snippet = re.search(r'<!-- dafl -->\n```python\n(.*?)```', PAGE, re.DOTALL)[1]
    assert len(snippet.splitlines()) == 12 and 'put these twelve\nlines at its end:' in PAGE
    path = tmp_path / 'dafl.py'
    path.write_text(DAFL.read_text() + snippet)
    files = {
        'model.teachers.res34.ckpt_path': str(tmp_path / 'teacher.pth'),
        'model.generator.init_cfg.checkpoint': str(tmp_path / 'prior.pth'),
    }
    config = load_config(str(path), {**TOY, **files}, str(tmp_path / 'work'))
    config.val_dataloader.dataset = IMAGES
    with DefaultScope.overwrite_default_scope('mmrazor'), process_group('none'):
        teacher = MODELS.build(config.model.teachers.res34.build_cfg)
        generator = MODELS.build({**config.model.generator, 'init_cfg': None})
        torch.save(teacher.state_dict(), tmp_path / 'teacher.pth')
        torch.save(
            dict(
                state_dict={f'generator.{name}': value for name, value in generator.state_dict().items()},
                chains=generator.replay_buffer.state_dict(),
                data_spec=dict(classes=list('0123456789'), image_shape=[3, 32, 32], mean=[127.5], std=[127.5]),
            ),
            tmp_path / 'prior.pth',
        )
    with DefaultScope.overwrite_default_scope('mmpretrain'), process_group('none'):
        runner = train(config)
    assert runner.iter == 2 and type(unwrapped(runner.model)).__name__ == 'GenKD'
    for tag in ('train/distill.loss_kl', 'train/policy/reward', 'val/accuracy/top1'):
        assert math.isfinite(runner.message_hub.get_scalar(tag).current()), tag
    assert len(torch.load(tmp_path / 'work/iter_2.pth', weights_only=True)['chains']['states']) == 100


def rows() -> dict[str, str]:
    """The table of ready configs: the rest of the row by the config's name."""
    table = (MIX / 'README.md').read_text()
    return dict(re.findall(r'^\| `(\w+_digits\.py)` \| (.*) \|$', table, re.MULTILINE))


def test_the_table_has_every_config():
    assert set(rows()) == {path.name for path in MIX.glob('*.py')}


@pytest.mark.parametrize('name', sorted(rows()))
def test_the_table_says_what_the_config_has(name):
    distiller = load_config(str(MIX / name)).model.distiller
    row = rows()[name]
    added = {
        key: loss
        for key, loss in distiller.distill_losses.items()
        if 'alone' in row or 'instead' in row or key not in ('loss_ce', 'loss_kl')
    }
    numbers = re.findall(r'\d[\d,.]*\b', row)
    for loss in added.values():
        assert f'`{loss.type}`' in row or name.startswith('two_teachers')
        if loss.type != 'CrossEntropyLoss':
            assert f'{loss.loss_weight:g}' in numbers, loss
            assert 'tau' not in loss or f'tau {loss.tau}' in row
    for connector in (distiller.get('connectors') or {}).values():
        frozen = connector.type == 'OFDTeacherConnector' or connector.get('phase') == 'train'  # of the translator
        if not frozen:
            assert f'`{connector.type}`' in row.split('|')[-1]
