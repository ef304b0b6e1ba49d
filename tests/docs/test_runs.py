"""The commands that a reader copies first are run, in the order of the page, on networks that hardly train."""

import shutil
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

REPO = Path(__file__).parents[2]
SHORT = ['train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'val_dataloader.dataset.indices=100']
STUDENT = ['model.student_iter=1', 'default_hooks.chain_reward.num_chains=20']
SHORTER = {  # what else shortens a training, by config
    'configs/genkd_digits.py': STUDENT,
    'configs/baselines/prior_digits.py': STUDENT,
    'configs/baselines/noise_digits.py': STUDENT,
    'configs/priors/jem_wrn10x1_digits.py': ['model.generator.replay_buffer.capacity=200'],
}
FEWER = {'--number': '20', '--fresh': '20'}  # samples


@pytest.fixture
def run_marked(read_blocks, split_commands, run_tool):
    """Runs the marked blocks of a page: options are added to trainings, numbers of samples made smaller."""

    def run(page: str, mark: str = 'main') -> int:
        blocks = [block for block in read_blocks(REPO / page) if block.comment == mark]
        for block in blocks:
            for words in split_commands(block):
                if words[:2] == ['pip', 'install']:
                    continue
                words = [FEWER.get(before, word) if word.isdigit() else word for before, word in zip(words, words[1:])]
                short = ['--cfg-options', *SHORT, *SHORTER.get(words[1], [])] if 'train.py' in words[0] else []
                run_tool(['python', *words, *short])
        return len(blocks)

    return run


def test_the_first_commands(trained, run_marked):
    assert run_marked('docs/quick_start.md', 'run') == 2
    assert (trained / 'work_dirs/genkd_digits/summary.json').is_file()
    assert len(list((trained / 'work_dirs/samples/look/images').rglob('*.png'))) == 20


def test_stored_samples_and_their_students(trained, run_marked):
    run_marked('README.md')
    assert run_marked('docs/offline.md') == 4
    work = trained / 'work_dirs'
    for samples, student in (('genkd_digits', 'kd_digits'), ('prior', 'kd_prior'), ('short', 'kd_short')):
        assert len(list((work / 'samples' / samples / 'images').rglob('*.png'))) == 20
        assert (work / student / 'summary.json').is_file()
        assert {path.name for path in (work / 'quality' / samples).iterdir()} == {
            'quality.json',
            'samples.png',
            'nearest.png',
        }
    assert (work / 'quality.png').is_file()


def test_the_student_is_taken_along(digits_run, trained, run_marked, read_blocks, monkeypatch):
    for package in ('onnx', 'onnxruntime'):  # which the page installs
        pytest.importorskip(package)
    shutil.copytree(digits_run / 'genkd_digits', trained / 'work_dirs/genkd_digits')
    assert run_marked('docs/export.md') == 2
    assert {path.name for path in (trained / 'work_dirs/student').iterdir()} == {
        'student.py',
        'student.pth',
        'student.onnx',
        'model-index.yml',
    }
    monkeypatch.setattr('mmpretrain.apis.ModelHub._models_dict', {})  # another test may have registered the name
    snippets = [block.text for block in read_blocks(REPO / 'docs/export.md') if block.language == 'python']
    assert len(snippets) == 3
    for snippet in snippets:
        with DefaultScope.overwrite_default_scope('mmpretrain'):
            exec(compile(snippet, 'export.md', 'exec'), {})


def test_a_prior_is_audited(trained, run_marked):
    assert run_marked('docs/publish_a_prior.md') == 2
    assert {'audit.md', 'audit.json'} <= {path.name for path in (trained / 'work_dirs/audit').iterdir()}
