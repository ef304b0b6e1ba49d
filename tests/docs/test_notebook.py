"""docs/notebooks/first_run.ipynb: its cells run, in order, at a toy budget."""

import json
from pathlib import Path

import pytest

from genkd_mm.engine.runner import config as runner_config

NOTEBOOK = Path(__file__).parents[2] / 'docs' / 'notebooks' / 'first_run.ipynb'
LOAD_CONFIG = runner_config.load_config
CELLS = json.loads(NOTEBOOK.read_text())['cells']


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The smallest budget of the notebook, in an empty folder beside the repository's configs."""
    (tmp_path / 'configs').symlink_to(NOTEBOOK.parents[2] / 'configs')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('GENKD_NOTEBOOK_BUDGET', '0.01')
    monkeypatch.setattr(runner_config, 'load_config', load_shorter)
    return tmp_path


def load_shorter(path: str, overrides: dict, *args):
    """A config of the notebook with fewer chains, student steps and test images."""
    fewer = {'val_dataloader.dataset.indices': 100}
    if 'teacher' not in path:
        fewer['model.generator.replay_buffer.capacity'] = 200
    if 'genkd' in path:
        fewer |= {'model.student_iter': 2, 'default_hooks.chain_reward.num_chains': 20}
    return LOAD_CONFIG(path, {**overrides, **fewer}, *args)


def test_the_cells_run(toy):
    names: dict = {}
    for cell in CELLS:
        if cell['cell_type'] == 'code':
            exec(compile(''.join(cell['source']), NOTEBOOK.name, 'exec'), names)
    assert 0 <= names['summary']['student_top1'] <= 100
    assert (toy / 'work_dirs/notebook/genkd/final.pth').is_file()


def test_stored_outputs_are_small_and_name_no_machine():
    assert NOTEBOOK.stat().st_size < 300_000
    outputs = json.dumps([cell.get('outputs') for cell in CELLS])
    assert '/home/' not in outputs and '/tmp/' not in outputs and 'Traceback' not in outputs
