"""The configs of an ablation's runs as files."""

import ast
import pprint

from ...utils import ConfigError, atomic_write
from .plan import Run


def require_same_configs(runs: list[Run]) -> None:
    """Checkpoints and summaries that an earlier call left must be of the same configs, or a table would mix two.

    Raises:
        ConfigError: If a config there differs, or cannot be written as text.
    """
    for run in runs:
        text = config_text(run)
        left = [run.work_dir / name for name in ('summary.json', 'last_checkpoint')]
        if run.config_path.is_file() and any(path.is_file() for path in left):
            old, new = _assignments(run.config_path.read_text(encoding='utf-8')), _assignments(text)
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
        with atomic_write(run.config_path) as file:
            file.write(config_text(run).encode())


def config_text(run: Run) -> str:
    """The config as a Python file without ``_base_``.

    Raises:
        ConfigError: If a value is no plain data.
    """
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


def _assignments(text: str) -> dict:
    return {line.targets[0].id: ast.literal_eval(line.value) for line in ast.parse(text).body}
