"""docs/publish_a_prior.md: the code in it runs, and what it keeps is all that a consumer reads."""

import re
from pathlib import Path

import pytest
import torch
from mmrazor.registry import MODELS

from genkd_mm.apis import train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group

REPO = Path(__file__).parents[2]
SMALL = {
    'model.generator.energy.classifier.backbone.base_channels': 4,
    'train_dataloader.batch_size': 10,
    'model.generator.energy.classifier.head.in_channels': 16,
    'model.generator.replay_buffer.capacity': 50,
    'model.generator.sampler.num_steps': 2,
    'train_cfg.max_iters': 2,
    'train_cfg.val_interval': 2,
}


@pytest.fixture
def trained(tmp_path):
    """A prior as its owner's run leaves it, in ``tmp_path``."""
    config = load_config(str(REPO / 'configs/priors/jem_wrn10x1_digits.py'), SMALL, str(tmp_path))
    with process_group('none'):
        train(config)
    return config


def test_the_stripped_file_is_a_whole_prior(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.search(r'```python\n(.*?)```', (REPO / 'docs/publish_a_prior.md').read_text(), re.DOTALL).group(1)
    exec(compile(code, 'publish_a_prior.md', 'exec'), {})
    final, published = (torch.load(name, weights_only=True) for name in ('final.pth', 'published.pth'))
    assert set(final) == {'state_dict', 'chains', 'chain_spec', 'data_spec', 'meta', 'message_hub'}
    assert set(published) == {'state_dict', 'chains', 'chain_spec', 'data_spec'}  # as the guide lists them
    assert set(published['chains']) == {'states', 'seen', 'num_classes', 'distinct_seen'}
    assert all(name.startswith('generator.energy.') for name in published['state_dict'])
    generator = MODELS.build(
        dict(trained.model.generator, init_cfg=dict(type='Pretrained', checkpoint='published.pth'))
    )
    generator.init_weights()
    assert torch.equal(generator.prior.states, published['chains']['states'])
    for name, value in generator.state_dict().items():
        assert torch.equal(value, final['state_dict'][f'generator.{name}']), name
