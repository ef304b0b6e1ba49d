"""docs/notebooks/first_run.ipynb: its cells run, in order, at a toy budget."""

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / 'docs' / 'notebooks' / 'first_run.ipynb'
CELLS = json.loads(NOTEBOOK.read_text())['cells']


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The smallest budget of the notebook, in an empty folder beside the repository's configs."""
    (tmp_path / 'configs').symlink_to(NOTEBOOK.parents[2] / 'configs')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('GENKD_NOTEBOOK_BUDGET', '0.01')
    return tmp_path


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
