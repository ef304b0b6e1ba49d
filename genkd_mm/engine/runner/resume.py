"""Finding the checkpoint to resume from, and checking it before training."""

import os
import re
from pathlib import Path

from mmengine.runner import Runner

from ...utils import ConfigError, DamagedCheckpointError, read_checkpoint, require_fit, unwrapped
from .launch import from_main_process

STEP = re.compile(r'(?:iter|epoch)_(\d+)\.pth')
WRITTEN = re.compile(r'(best_.+_)?iter_(\d+)\.pth')
PREVIOUS = 'previous'  # folder of checkpoints that are not of the run


def latest_checkpoint(work_dir: str) -> tuple[str | None, list[str]]:
    """The newest checkpoint of a work dir that can be read; the same answer on every rank, which all must ask.

    Returns:
        tuple: Its path, or None if there is no checkpoint at all; and what was said of damaged newer ones.
    """
    return from_main_process(lambda: _find(work_dir))


def _find(work_dir: str) -> tuple[str | None, list[str]]:
    damaged: list[str] = []
    candidates = _candidates(Path(work_dir))
    for path in candidates:
        try:
            read_checkpoint(str(path), '--resume: the latest checkpoint')
            return str(path), damaged
        except DamagedCheckpointError as error:
            damaged.append(str(error))
    if candidates:
        raise ConfigError(
            f'--resume found {len(candidates)} checkpoints in {work_dir} but none can be read '
            f'(the newest: {damaged[0]}); remove them, or start without --resume'
        )
    return None, damaged


def _candidates(work_dir: Path) -> list[Path]:
    """The checkpoint that last_checkpoint names, then those of earlier iterations beside it, the newest first.

    Later ones are not of this run: another run left them, or this one before it went back. Without a pointer, all.
    """
    newest = _pointed(work_dir)
    folder = newest.parent if newest else work_dir
    numbered = {path: int(match[1]) for path in folder.glob('*.pth') if (match := STEP.fullmatch(path.name))}
    paths = sorted(numbered, key=lambda path: numbered[path], reverse=True)
    if newest is None:
        return paths
    return [newest, *(path for path in paths if numbered[path] < numbered.get(newest, 0))]


def _pointed(work_dir: Path) -> Path | None:
    """What last_checkpoint names, also if the work dir has been moved since; None without such a file."""
    pointer = work_dir / 'last_checkpoint'
    if not pointer.is_file():
        return None
    named = Path(pointer.read_text(encoding='utf-8').strip())
    for path in (named, work_dir / named.name):
        if path.is_file():
            return path
    raise ConfigError(
        f'--resume: {pointer} names {str(named)!r}, which does not exist; put it back, or remove {pointer} to resume '
        'from the newest remaining checkpoint'
    )


def set_aside(folder: Path, iteration: int, loaded: str | None) -> list[Path]:
    """Move checkpoints that a run which starts after ``iteration`` did not write into ``folder/previous``.

    These are of another run in the same folder, or of this one before it went back to an earlier checkpoint. A best
    checkpoint of ``iteration`` itself goes too: the run makes that validation again. The file ``loaded``, from which
    the run starts and which other processes may still read, stays.

    Returns:
        list[Path]: What was moved, by its old path.
    """
    moved = []
    for path in sorted(folder.glob('*.pth')):
        match = WRITTEN.fullmatch(path.name)
        if match and int(match[2]) + bool(match[1]) > iteration and path != Path(loaded or ''):
            target = folder / PREVIOUS / path.name
            target.parent.mkdir(exist_ok=True)
            os.replace(path, target)
            moved.append(path)
    return moved


def check_resumable(runner: Runner, path: str) -> None:
    """mmengine loads a checkpoint of another architecture with a warning, and trains on; this stops."""
    checkpoint = read_checkpoint(path, '--resume: the checkpoint')
    where = f'--resume: {path}'
    if 'config' in checkpoint.get('meta', {}):
        raise ConfigError(
            f"{where} holds meta['config'], which mmengine runs as Python code and never writes itself; "
            'resume from a checkpoint that this run wrote'
        )
    require_fit(unwrapped(runner.model), checkpoint['state_dict'], where)
    if 'optimizer' not in checkpoint or 'iter' not in checkpoint.get('meta', {}):
        raise ConfigError(
            f'{where} holds no optimizer or no iteration, as a final.pth does; resume from one of the iter_*.pth'
        )
    config = runner.cfg.optim_wrapper
    expected = {name for name in config if isinstance(config[name], dict) and 'optimizer' in config[name]}
    found = set() if 'param_groups' in checkpoint['optimizer'] else set(checkpoint['optimizer'])
    if expected != found:
        raise ConfigError(
            f'{where} holds optimizers {sorted(found) or "without names"} but optim_wrapper names '
            f'{sorted(expected) or "none"}; use the config that the run was started with'
        )
