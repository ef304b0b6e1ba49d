"""How CPU threads wait, and how many there are."""

import ast
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from genkd_mm import threads

ROOT = Path(threads.__file__).parents[1]
SCRIPT = """
import json, os, torch
from torch.utils.data import DataLoader
class Threads:
    def __len__(self): return 1
    def __getitem__(self, index): return torch.get_num_threads()
print(json.dumps(dict(threads=torch.get_num_threads(), worker=next(iter(DataLoader(Threads(), num_workers=1))).item())))
"""


@pytest.mark.skipif(sys.platform != 'linux', reason='affinity masks, and libgomp')
def test_a_script_has_the_cores_that_it_may_use_and_threads_that_sleep(tmp_path):
    script = tmp_path / 'script.py'
    script.write_text(SCRIPT)
    chosen = ('OMP_NUM_THREADS', 'OMP_WAIT_POLICY')
    env = {name: value for name, value in os.environ.items() if name not in chosen}
    env |= dict(PYTHONPATH=str(ROOT), OMP_DISPLAY_ENV='true')  # libgomp prints its settings when it is loaded
    one_core = 'import os, sys; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); os.execv(sys.executable, '
    done = subprocess.run(
        [sys.executable, '-c', f"{one_core}[sys.executable, '-m', 'genkd_mm', {str(script)!r}])"],
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1:] == ['{"threads": 1, "worker": 1}'], done.stderr
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in done.stderr


@pytest.mark.parametrize('path', sorted(ROOT.glob('tools/*.py')), ids=lambda path: path.name)
def test_a_tool_imports_genkd_mm_before_what_may_load_torch(path):
    names = [
        name.split('.')[0]
        for node in ast.parse(path.read_text()).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    ]
    assert next(name for name in names if name not in sys.stdlib_module_names) == 'genkd_mm'


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv('OMP_WAIT_POLICY', 'ACTIVE')
    threads.sleep_while_waiting()
    assert os.environ['OMP_WAIT_POLICY'] == 'ACTIVE'
    monkeypatch.delenv('OMP_WAIT_POLICY')
    threads.sleep_while_waiting()
    assert os.environ['OMP_WAIT_POLICY'] == 'PASSIVE'


@pytest.mark.parametrize(
    ('groups', 'files', 'expected'),
    [
        ('0::/\n', {'cpu.max': 'max 100000\n'}, math.inf),
        ('0::/\n', {'cpu.max': '150000 100000\n'}, 1.5),
        ('0::/job/step\n', {'job/cpu.max': '200000 100000\n', 'job/step/cpu.max': 'max 100000\n'}, 2),
        ('0::/../../other\n', {'cpu.max': '100000 100000\n'}, 1),  # as a container may see it
        (
            '5:memory:/a\n3:cpu,cpuacct:/job\n0::/\n',
            {'cpu/job/cpu.cfs_quota_us': '300000\n', 'cpu/job/cpu.cfs_period_us': '100000\n'},
            3,
        ),
        ('3:cpu:/\n', {'cpu/cpu.cfs_quota_us': '-1\n', 'cpu/cpu.cfs_period_us': '100000\n'}, math.inf),
        ('', {}, math.inf),
    ],
)
def test_the_quota_is_the_least_of_all_groups(tmp_path, groups, files, expected):
    (tmp_path / 'proc/self').mkdir(parents=True)
    (tmp_path / 'proc/self/cgroup').write_text(groups)
    for name, text in files.items():
        file = tmp_path / 'sys/fs/cgroup' / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert threads.cpu_quota(tmp_path) == expected


def test_without_groups_there_is_no_quota(tmp_path):
    assert threads.cpu_quota(tmp_path) == math.inf


@pytest.mark.parametrize(('quota', 'chosen', 'expected'), [(1.5, False, 2), (8.0, False, 4), (1.5, True, 4)])
def test_threads_follow_the_quota_unless_they_were_chosen(monkeypatch, quota, chosen, expected):
    before = torch.get_num_threads()
    monkeypatch.setattr(threads, 'cpu_quota', lambda: quota)
    monkeypatch.setattr(threads, 'CHOSEN', chosen)
    torch.set_num_threads(4)
    try:
        threads.follow_quota()
        assert torch.get_num_threads() == expected
    finally:
        torch.set_num_threads(before)
