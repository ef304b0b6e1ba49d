"""Evaluate a checkpoint of a config."""

from pathlib import Path

from mmengine.config import Config

from ..engine.runner.build_errors import built_or_one_sentence
from ..engine.runner.config import as_config
from ..engine.runner.launch import process_group
from ..engine.runner.runner import ConsoleRunner
from ..utils import load_strictly, read_checkpoint, unwrapped


def test(config: Config | str | Path, checkpoint: str, launcher: str = 'none') -> dict[str, float]:
    """Metrics of a checkpoint on the config's test set.

    Args:
        config (Config | str | Path): A config, or the path of one.
        checkpoint (str): Path of a checkpoint of that config.
        launcher (str): How the processes were started. Defaults to none.

    Raises:
        ConfigError: If the checkpoint is missing, damaged or of another network, or the config cannot be built.
    """
    config = as_config(config)
    state = read_checkpoint(checkpoint, 'The checkpoint argument')['state_dict']
    config.launcher = 'pytorch' if launcher == 'none' else launcher
    with process_group(launcher, config.get('env_cfg', {}).get('dist_cfg')), built_or_one_sentence(config):
        runner = ConsoleRunner.from_cfg(config)
        load_strictly(unwrapped(runner.model), state, checkpoint)
        return runner.test()
