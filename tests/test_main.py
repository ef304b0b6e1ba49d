"""``python -m genkd_mm SCRIPT ARGS``, in one process for all tests, which has imported nothing before."""

import json
import runpy
import sys
from types import SimpleNamespace

import pytest

from .processes import environment

SCRIPT = """
import json, sys
import torch
from mmrazor.utils import register_all_modules  # fails on torch >= 2 unless genkd_mm has patched it
from torch.utils.data import DataLoader

register_all_modules()
from mmengine.hub import get_config
from mmrazor.registry import DATASETS, HOOKS, LOOPS, MODELS
import neighbour

class Threads:
    def __len__(self): return 1
    def __getitem__(self, index): return torch.get_num_threads()

print(json.dumps(dict(
    name=__name__, argv=sys.argv, file=__file__, neighbour=neighbour.NAME,
    backbone=get_config('mmcls::resnet/resnet18_8xb16_cifar10.py').model.backbone.type,  # as mmrazor's configs name it
    threads=[torch.get_num_threads(), next(iter(DataLoader(Threads(), num_workers=1))).item()],
    registered=[name for registry in (MODELS, HOOKS, LOOPS, DATASETS) for name in registry.module_dict])))
sys.exit(3)
"""
# On one core.
COMMAND = """
import os, sys
if sys.platform == 'linux':
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
os.execv(sys.executable, [sys.executable, '-m', 'genkd_mm', *sys.argv[1:]])
"""


@pytest.fixture(scope='module')
def script(tmp_path_factory):
    folder = tmp_path_factory.mktemp('scripts')
    (folder / 'neighbour.py').write_text('NAME = "found"')
    path = folder / 'script.py'
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def completed(script, run_new_python, request):
    """The finished script and what it printed; it runs once for all tests."""
    cache = request.session.stash
    if script not in cache:
        env = {name: value for name, value in environment().items() if not name.startswith('OMP_')}
        env['OMP_DISPLAY_ENV'] = 'true'  # libgomp prints its settings when it is loaded
        process = run_new_python('-c', COMMAND, script, 'config.py', '--lr=1', '-m', env=env)
        assert process.stdout, process.stderr
        cache[script] = SimpleNamespace(process=process, **json.loads(process.stdout.splitlines()[-1]))
    return cache[script]


def test_script_runs_as_main_with_compat_applied(completed, script):
    assert completed.name == '__main__'
    assert completed.file == str(script)


def test_script_sees_its_own_arguments(completed, script):
    assert completed.argv == [str(script), 'config.py', '--lr=1', '-m']


def test_exit_code_of_the_script_is_kept(completed):
    assert completed.process.returncode == 3


def test_script_imports_modules_beside_it(completed):
    """As with ``python SCRIPT``: a script's folder is the first place that Python looks in."""
    assert completed.neighbour == 'found'


def test_script_reads_configs_of_mmcls(completed):
    assert completed.backbone == 'ResNet_CIFAR'


def test_script_sees_all_of_mmrazor_and_this_package(completed):
    names = {'DAFLDataFreeDistillation', 'ConfigurableDistiller', 'Darts', 'StopDistillHook', 'EvolutionSearchLoop'}
    assert names | {'CRDDataset', 'GenKD'} <= set(completed.registered)


@pytest.mark.skipif(sys.platform != 'linux', reason='affinity masks, and libgomp')
def test_script_has_the_cores_that_it_may_use_and_threads_that_sleep(completed):
    assert completed.threads == [1, 1]  # its own, and a data loader's worker's
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in completed.process.stderr


@pytest.mark.parametrize('name', ['nosuch.py', 'folder'])
def test_a_script_that_is_no_file_is_one_sentence_and_exit_code_2(run_python, tmp_path, name):
    (tmp_path / 'folder').mkdir()
    done = run_python('-m', 'genkd_mm', name, 'config.py', cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == ''
    assert done.stderr == f"error: SCRIPT is '{name}', which is no file; give the path of a Python script\n"


def test_help_prints_usage(monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['genkd_mm', '--help'])
    runpy.run_module('genkd_mm', run_name='__main__')
    assert capsys.readouterr().out == 'usage: python -m genkd_mm SCRIPT [ARGS ...]\n'


def test_without_script_prints_usage_and_fails(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['genkd_mm'])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module('genkd_mm', run_name='__main__')
    assert str(stop.value.code).startswith('usage: python -m genkd_mm SCRIPT')  # a string: printed, exit status 1
