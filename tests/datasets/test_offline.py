"""mmrazor's own distillations on samples that were drawn from a tiny random checkpoint."""

from pathlib import Path

import pytest
import torch

from genkd_mm.apis import sample, train
from genkd_mm.engine.runner.access import metrics_of
from genkd_mm.engine.runner.config import load_config
from genkd_mm.utils import ConfigError, unwrapped

OFFLINE = Path(__file__).parents[2] / 'configs/offline'
SMALL = {'backbone.base_channels': 4, 'backbone.stem_channels': 4, 'head.in_channels': 32}


@pytest.fixture
def offline(tiny, tmp_path):
    """Factory: a config of configs/offline with the tiny teacher and forty samples, for two iterations."""
    sample(tiny(), str(tmp_path / 'prior.pth'), tmp_path / 'samples', 40)

    def make(name, **overrides):
        small = {f'model.{part}.{key}': value for part in ('architecture', 'teacher') for key, value in SMALL.items()}
        run = {
            'model.teacher_ckpt': str(tmp_path / 'teacher.pth'),
            'train_dataloader.batch_size': 8,
            'train_dataloader.dataset.data_root': str(tmp_path / 'samples'),
            'train_cfg.max_iters': 2,
            'train_cfg.val_interval': 2,
            'val_dataloader.dataset.indices': 100,
            'prerequisites': [],
        }
        return load_config(str(OFFLINE / name), {**small, **run, **overrides}, str(tmp_path / 'offline'))

    return make


CONFIGS = sorted(path.name for path in OFFLINE.glob('*.py'))


@pytest.mark.parametrize(
    'name, labels', [*((name, 'given') for name in CONFIGS), ('kd_digits.py', 'teacher'), ('kd_digits.py', 'none')]
)
def test_each_config_trains_the_student_on_the_samples(offline, tmp_path, name, labels):
    runner = train(offline(name, **{'train_dataloader.dataset.labels': labels}))
    model = unwrapped(runner.model)
    assert type(model).__module__.startswith('mmrazor.') and runner.iter == 2
    losses = {tag: history.data[0] for tag, history in runner.message_hub.log_scalars.items() if '/distill.' in tag}
    assert losses and all(len(values) == 2 and (values > 0).all() for values in losses.values())
    stored = torch.load(tmp_path / 'teacher.pth', weights_only=True)['state_dict']
    assert all(torch.equal(value, stored[key]) for key, value in model.teacher.state_dict().items())
    final = torch.load(tmp_path / 'offline/final.pth', weights_only=True)
    assert final['data_spec']['image_shape'] == [1, 8, 8] and len(final['data_spec']['classes']) == 10
    assert set(metrics_of(runner).initial) == {'teacher teacher', 'student'}


def test_a_teacher_that_does_not_fit_stops_the_run(offline, tmp_path):
    wrong = {'model.teacher.backbone.base_channels': 8, 'model.teacher.head.in_channels': 64}
    with pytest.raises(ConfigError, match=r'model.teacher_ckpt \(.*teacher.pth\) does not fit the model'):
        train(offline('kd_digits.py', **wrong))
    with pytest.raises(ConfigError, match="model.teacher_ckpt is 'nowhere.pth', which does not exist"):
        train(offline('kd_digits.py', **{'model.teacher_ckpt': 'nowhere.pth'}))


def test_samples_of_other_data_stop_the_run(offline):
    with pytest.raises(ConfigError, match='num_classes is 12 but'):
        train(offline('kd_digits.py', **{'train_dataloader.dataset.num_classes': 12}))
