"""How CPU threads wait, and how many there are: decided here because torch reads it when it is loaded.

This module imports the standard library alone, and ``import genkd_mm`` runs it before anything loads torch. A program
that imports torch first keeps the policy that torch has read; only the processes that it starts get this one.
"""

import math
import os
from pathlib import Path

CHOSEN = 'OMP_NUM_THREADS' in os.environ  # by the user, or by the launcher of several processes


def sleep_while_waiting() -> None:
    """Let OpenMP's threads sleep between two parallel regions, unless the user has set ``OMP_WAIT_POLICY``.

    libgomp lets them spin for milliseconds by default. Small networks have a thousand such regions a second, so a
    thread always spins, and a thread that has work waits for its core whenever another program runs on it.
    """
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')


def follow_quota() -> None:
    """Lower torch's number of threads to the cgroup's CPU quota, unless ``OMP_NUM_THREADS`` was set.

    torch follows the affinity mask by itself, but not the quota, with which containers limit a process: threads beyond
    it wait in the middle of a parallel region for the next period.
    """
    import torch

    quota = cpu_quota()
    if not CHOSEN and quota < torch.get_num_threads():
        torch.set_num_threads(math.ceil(quota))


def cpu_quota(root: Path = Path('/')) -> float:
    """CPU seconds a second that this process's cgroup, and those that it is in, allow; infinite if none limits it."""
    table = root / 'proc/self/cgroup'
    quotas = [math.inf]
    for line in table.read_text(encoding='utf-8').splitlines() if table.is_file() else ():
        _, controllers, path = line.split(':', 2)
        if controllers and 'cpu' not in controllers.split(','):
            continue
        hierarchy = root / ('sys/fs/cgroup/cpu' if controllers else 'sys/fs/cgroup')  # version 1, version 2
        group = Path(os.path.normpath(path))  # a container may see /../.. in it
        quotas += [_quota_of(hierarchy / part.relative_to('/')) for part in (group, *group.parents)]
    return min(quotas)


def _quota_of(group: Path) -> float:
    """Version 2 has quota and period (µs) in one file, with ``max`` for no limit; version 1 in two, with -1."""
    files = [group / name for name in ('cpu.max', 'cpu.cfs_quota_us', 'cpu.cfs_period_us')]
    words = [word for file in files if file.is_file() for word in file.read_text(encoding='utf-8').split()]
    return math.inf if not words or words[0] in ('max', '-1') else int(words[0]) / int(words[1])
