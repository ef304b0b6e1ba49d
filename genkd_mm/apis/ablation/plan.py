"""From an ablation to the configs of its runs and the processes that train them."""

import ast
import pprint
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ...engine.runner.config import read_config
from ...engine.runner.dumped_config import parse_config, read_dumped_config
from ...utils import ConfigError, save_text
from ...utils.settings import find
from .grid import Ablation, Setting
from .overrides import Change, changes_of, has, overridden
from .processes import Job

CHILD = ('-m', 'genkd_mm.apis.ablation.child')  # what trains a run: arguments of Python
SEED = 'randomness.seed'


@dataclass(frozen=True)
class Run:
    """One training of the grid, or one that a seed shares."""

    name: str  # its folder in ``out``
    config: dict  # all of its config
    needs: tuple[Path, ...]  # checkpoints that it loads and that others make
    out: Path  # the folder of the grid, or that of the shared runs
    setting: Setting  # labels by axis; of a shared run, empty
    seed: int  # its seed

    @property
    def work_dir(self) -> Path:
        """Where its logs, checkpoints and summary are."""
        return self.out / self.name

    @property
    def config_path(self) -> Path:
        """Where :func:`write_configs` puts its config."""
        return self.out / 'configs' / f'{self.name}.py'

    @property
    def job(self) -> Job:
        """The process that trains it, from where it was; ``summary.json`` is written when training has ended."""
        return training(self.name, self.config_path, self.work_dir, self.work_dir / 'summary.json', self.needs)


@dataclass(frozen=True)
class Plan:
    """All that is to be run: one stage after the other, and what is inside a stage in any order."""

    # what configs name under ``prerequisites`` and no shared run replaces; they run one at a time, because they may
    # train prerequisites of their own
    prerequisites: list[Job]
    shared: list[list[Run]]  # stages of runs that a seed shares; a later one loads checkpoints of earlier ones
    grid: list[Run]  # one for each setting and seed

    @property
    def runs(self) -> list[Run]:
        """All that have a config of their own."""
        return [*chain.from_iterable(self.shared), *self.grid]


def training(name: str, config: Path, work_dir: Path, makes: Path, needs: tuple[Path, ...] = ()) -> Job:
    """The process that trains a run, or resumes it."""
    command = (sys.executable, *CHILD, str(config), '--work-dir', str(work_dir))
    return Job(name, command, work_dir / 'console.log', makes, needs)


def make_plan(ablation: Ablation, out: Path, shared_out: Path) -> Plan:
    """The runs of an ablation in the folder ``out``, and those that a seed shares in ``shared_out``; writes nothing."""
    base = _base(ablation.base)
    prerequisites: dict[Path, Path] = {}  # checkpoint -> config
    for name, shared in ablation.shared.items():
        if not has(base, shared.key) or not isinstance(find(base, shared.key.split('.')), str):
            raise ConfigError(
                f'shared[{name!r}].key of {ablation.path} is {shared.key!r}, which {ablation.base} '
                'lacks, or which names no checkpoint there; name the key that loads the checkpoint'
            )
    stages: defaultdict[int, list[Run]] = defaultdict(list)
    own: dict[int, dict[str, Path]] = {}  # by seed, what takes the place of each checkpoint that the base names
    for seed in ablation.seeds:
        own[seed], stage_of = {}, {}
        for name, shared in ablation.shared.items():
            config, used = _loading(_seeded(_base(shared.config), [], seed, str(shared.config)), own[seed])
            run = _run(f'{_plain(name)}_seed{seed}', config, shared_out, {}, seed, prerequisites, used)
            made = own[seed][find(base, shared.key.split('.'))] = run.work_dir / 'final.pth'
            stage_of[made] = max((stage_of[path] + 1 for path in used), default=0)
            stages[stage_of[made]].append(run)
    grid = []
    for setting in ablation.settings:
        changes = [
            change
            for axis, label in setting.items()
            for change in changes_of(f'axes[{axis!r}] of {ablation.path}', ablation.axes[axis][label])
        ]
        for seed in ablation.seeds:
            config, used = _loading(_seeded(base, changes, seed, str(ablation.base)), own[seed])
            name = ','.join(f'{_plain(axis)}={_plain(label)}' for axis, label in setting.items())
            grid.append(_run(f'{name}_seed{seed}', config, out, setting, seed, prerequisites, used))
    _require_different_names(grid)
    jobs = [training(f'prerequisite {path}', config, path.parent, path) for path, config in prerequisites.items()]
    return Plan(jobs, [stages[stage] for stage in sorted(stages)], grid)


def _base(path: Path) -> dict:
    """A config as plain data, with a place for the seed."""
    config = read_config(str(path)).to_dict()
    config.setdefault('randomness', {}).setdefault('seed', None)
    config.pop('work_dir', None)  # every run has its own
    return config


def _seeded(base: dict, changes: list[Change], seed: int, name: str) -> dict:
    return overridden(base, [*changes, Change('seeds', SEED, seed)], name)


def _loading(config: dict, paths: dict[str, Path]) -> tuple[dict, list[Path]]:
    """Replace in ``config`` each checkpoint that is a key of ``paths``; returns it and the new paths that it loads."""
    used = set()

    def replaced(value):
        if isinstance(value, dict):
            return {name: replaced(item) for name, item in value.items()}
        if isinstance(value, list):
            return [replaced(item) for item in value]
        if isinstance(value, str) and value in paths:
            used.add(value)
            return str(paths[value])
        return value

    others = [one for one in config.get('prerequisites', []) if one['checkpoint'] not in paths]
    rest = {**config, 'prerequisites': others}
    # a string beside the components is a variable of the file, which loads nothing
    found = {name: value if isinstance(value, str) else replaced(value) for name, value in rest.items()}
    return found, [path for old, path in paths.items() if old in used]


def _run(
    name: str,
    config: dict,
    out: Path,
    setting: Setting,
    seed: int,
    prerequisites: dict[Path, Path],
    made: list[Path] = (),
) -> Run:
    """A run whose prerequisites are noted in ``prerequisites`` and taken out of its config."""
    needs = list(made)
    for prerequisite in config.pop('prerequisites', []):
        needs.append(Path(prerequisite['checkpoint']))
        prerequisites.setdefault(needs[-1], Path(prerequisite['config']))
    hooks = [*config.get('default_hooks', {}).values(), *config.get('custom_hooks', [])]
    if not any(isinstance(hook, dict) and hook.get('type', '').endswith('SummaryHook') for hook in hooks):
        raise ConfigError(
            f'The config of {name} has no SummaryHook, whose summary.json tells that a run has ended; '
            "add default_hooks.summary=dict(type='SummaryHook')"
        )
    if config.get('load_from'):
        raise ConfigError(
            f"load_from of {name} is {config['load_from']!r}, which would take the place of the run's "
            'own checkpoints when it is resumed; set it to None'
        )
    return Run(name, config, tuple(needs), out, setting, seed)


def _plain(text: str) -> str:
    """For the name of a folder: other signs than letters, digits, ``._+-`` as a dash."""
    return re.sub(r'[^\w.+-]+', '-', text)


def _require_different_names(runs: list[Run]) -> None:
    seen: dict[str, Setting] = {}
    for run in runs:
        other = seen.setdefault(run.name, run.setting)
        if other != run.setting:
            raise ConfigError(
                f'The settings {other} and {run.setting} would share the folder {run.name}; give them '
                'labels that differ in letters or digits'
            )


def require_same_configs(runs: list[Run]) -> None:
    """Checkpoints and summaries that an earlier call left must be of the same configs, or a table would mix two."""
    for run in runs:
        text = config_text(run)
        left = [run.work_dir / name for name in ('summary.json', 'last_checkpoint')]
        if run.config_path.is_file() and any(path.is_file() for path in left):
            old, new = read_dumped_config(run.config_path), parse_config(text)
            different = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
            if different:
                raise ConfigError(
                    f'{run.work_dir} holds a run of another config (different: {", ".join(different)}); '
                    f'name another folder with --out, or remove it and {run.config_path}'
                )


def write_configs(runs: list[Run]) -> None:
    """Write each run's config."""
    for run in runs:
        run.config_path.parent.mkdir(parents=True, exist_ok=True)
        save_text(run.config_path, config_text(run))


def config_text(run: Run) -> str:
    """The config as a Python file without ``_base_``."""
    lines = []
    for key, value in run.config.items():
        text = pprint.pformat(value, width=110, sort_dicts=False)
        try:
            ast.literal_eval(text)
        except (ValueError, SyntaxError) as error:
            raise ConfigError(
                f'{key} in the config of {run.name} is no plain data ({error}); use numbers, strings, '
                'lists, tuples and dicts'
            ) from error
        lines.append(f'{key} = {text}\n')
    return ''.join(lines)
