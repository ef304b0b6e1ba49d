"""Finding the checkpoint to go on from, and checking it before training."""

import re
from pathlib import Path

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.runner import Runner

from ...utils import ConfigError, DamagedCheckpointError, read_checkpoint, require_fit
from .access import unwrapped

STEP = re.compile(r'(?:iter|epoch)_(\d+)\.pth')


def latest_checkpoint(work_dir: str) -> tuple[str | None, list[str]]:
    """The newest checkpoint of a work dir that can be read; the same answer on every rank, which all must ask.

    Returns:
        tuple: Its path, or None if there is no checkpoint at all; and what was said of damaged newer ones.

    Raises:
        ConfigError: If there are checkpoints but all are damaged, or one holds more than tensors and plain data.
    """
    answer = [_find(work_dir) if is_main_process() else None]
    broadcast_object_list(answer)
    if isinstance(answer[0], ConfigError):
        raise answer[0]
    return answer[0]


def _find(work_dir: str) -> tuple[str | None, list[str]] | ConfigError:
    damaged: list[str] = []
    candidates = _candidates(Path(work_dir))
    for path in candidates:
        try:
            read_checkpoint(str(path), '--resume: the latest checkpoint')
            return str(path), damaged
        except DamagedCheckpointError as error:
            damaged.append(str(error))
        except ConfigError as error:
            return error
    if candidates:
        return ConfigError(
            f'--resume found {len(candidates)} checkpoints in {work_dir} but none can be read '
            f'(the newest: {damaged[0]}); remove them, or start without --resume'
        )
    return None, damaged


def _candidates(work_dir: Path) -> list[Path]:
    """Checkpoints, the newest first: those in the work dir by number, then the one that last_checkpoint names."""
    numbered = [(int(match[1]), path) for path in work_dir.glob('*.pth') if (match := STEP.fullmatch(path.name))]
    paths = [path for _, path in sorted(numbered, reverse=True)]
    pointer = work_dir / 'last_checkpoint'
    if pointer.is_file():  # checkpoints may be elsewhere: CheckpointHook's out_dir
        named = Path(pointer.read_text().strip())
        if named.is_file() and named.resolve() not in [path.resolve() for path in paths]:
            paths.append(named)
    return paths


def check_resumable(runner: Runner, path: str) -> None:
    """mmengine loads a checkpoint of another architecture with a warning, and trains on; this stops.

    Raises:
        ConfigError: If parameters, buffers or optimizers are not those of the run.
    """
    checkpoint = read_checkpoint(path, '--resume: the checkpoint')
    where = f'--resume: {path}'
    require_fit(unwrapped(runner.model), checkpoint['state_dict'], where)
    if 'optimizer' not in checkpoint or 'iter' not in checkpoint.get('meta', {}):
        raise ConfigError(
            f'{where} holds no optimizer or no iteration, as a final.pth does; a run goes on from one of its iter_*.pth'
        )
    config = runner.cfg.optim_wrapper
    expected = {name for name in config if isinstance(config[name], dict) and 'optimizer' in config[name]}
    found = set() if 'param_groups' in checkpoint['optimizer'] else set(checkpoint['optimizer'])
    if expected != found:
        raise ConfigError(
            f'{where} holds optimizers {sorted(found) or "without names"} but optim_wrapper names '
            f'{sorted(expected) or "none"}; use the config that the run was started with'
        )
