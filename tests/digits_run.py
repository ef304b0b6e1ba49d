"""What the README's first two commands leave behind, made once for all tests."""

from pathlib import Path

import pytest
from filelock import FileLock

from genkd_mm.apis import train
from genkd_mm.engine.runner.config import load_config
from genkd_mm.engine.runner.launch import process_group

CONFIGS = Path(__file__).parents[1] / 'configs'
ITERATIONS = 3
PRIORS = ('priors/energy_matching_digits', 'priors/jem_wrn10x1_digits')


@pytest.fixture(scope='session')
def digits_run(tmp_path_factory, request) -> Path:
    """``work_dirs/`` with the digits' teacher, priors and student, each of three iterations; not to be changed.

    The processes of pytest-xdist share it: the first that asks for it makes it.
    """
    root = tmp_path_factory.getbasetemp()
    root = root.parent if hasattr(request.config, 'workerinput') else root
    work_dirs = root / 'digits_run' / 'work_dirs'
    with FileLock(root / 'digits_run.lock'):
        if not (work_dirs / 'genkd_digits/final.pth').is_file():
            with process_group('none'):
                for name in ('teachers/resnet18_digits', *PRIORS, 'genkd_digits'):
                    _train(name, work_dirs)
    return work_dirs


def _train(name: str, work_dirs: Path) -> None:
    options = {'train_cfg.max_iters': ITERATIONS, 'train_cfg.val_interval': ITERATIONS, 'prerequisites': []}
    options['val_dataloader.dataset.indices'] = 100
    if name in PRIORS:
        options['model.generator.replay_buffer.capacity'] = 200  # each is drawn, by twenty steps
    if name == 'genkd_digits':
        options |= {
            'model.student_iter': 1,
            'default_hooks.chain_reward.num_chains': 20,
            'model.teachers.teacher.ckpt_path': str(work_dirs / 'teachers/resnet18_digits/final.pth'),
            'model.generator.init_cfg.checkpoint': str(work_dirs / PRIORS[0] / 'final.pth'),
        }
    train(load_config(str(CONFIGS / f'{name}.py'), options, str(work_dirs / name)))
