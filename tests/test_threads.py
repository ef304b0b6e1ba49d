"""How CPU threads wait, and how many there are; ``test_main.py`` has a script that runs so."""

import ast
import math
import os
import sys
from pathlib import Path

import pytest
import torch

from genkd_mm import threads

ROOT = Path(threads.__file__).parents[1]


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
